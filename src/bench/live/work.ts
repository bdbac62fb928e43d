import { OWN_PROGRAM } from '../child.ts';
import { spread } from '../statistics.ts';
import type { Absence, Figure, Peer, SuiteContext, Work } from '../suite.ts';
import type { Burst } from './burst.ts';
import type { Mode } from './consumer.ts';
import { chooseCpus } from './cpus.ts';
import { type Lane, openPair, type Pair, type Round } from './pair.ts';

/** Who reads what. */
export interface Entry {
  /** Its name in the report. */
  readonly reader: string;
  /** The peer whose program it is; this library's without it. */
  readonly peer?: string;
  readonly mode: Mode;
  readonly burst: Burst;
}

/** Records that are sent while they are read. */
export interface LiveWork {
  readonly name: string;
  readonly title: string;
  /** The first one is the reference of this library's own runs. */
  readonly entries: readonly Entry[];
  readonly reference: string;
  /** Bytes of the ring. */
  readonly ringSize: number;
  readonly producers: number;
  /** Without it producers make no pause. */
  readonly perSecond?: number;
  /** Whether it belongs to the quick form. */
  readonly quick: boolean;
}

/** How long a round is, and how many count. */
export interface Effort {
  readonly ms: number;
  readonly rounds: number;
}

/** What is told of a reader: a value of each round. */
export interface Quantity {
  readonly quantity: string;
  readonly unit: string;
  /** There is none where it cannot be told apart. */
  readonly of: (round: Round) => number | undefined;
}

/** Rounds before those that count: V8 compiles, and caches fill. */
const WARM_UP = 1;

/**
 * Runs works of a suite, one after another.
 *
 * @throws PermissionError without the right to create rings; Error when a reader loses records.
 */
export async function runWorks(
  works: readonly LiveWork[],
  { ms, rounds }: Effort,
  quantities: readonly Quantity[],
  { peers, progress }: SuiteContext,
): Promise<Work[]> {
  const results: Work[] = [];
  for (const [i, work] of works.entries()) {
    const { name, title, reference, perSecond } = work;
    const { lanes, absent } = lanesOf(work, peers);
    const share = (part: number): void => progress((i + part) / works.length, name);
    const byLane = await race(lanes, { ms, perSecond, rounds }, share);
    const figures = lanes.flatMap(({ reader }, lane) =>
      quantities.flatMap(({ quantity, unit, of }): Figure[] => {
        const values = byLane[lane]!.map(of).filter((value) => value !== undefined);
        return values.length === 0 ? [] : [{ reader, quantity, unit, ...spread(values) }];
      }),
    );
    const method = `${rounds} rounds of ${ms / 1000} s after ${WARM_UP} to warm up`;
    results.push({ name, title, method, reference, figures, absent });
  }
  return results;
}

/** What can be run here of a work, and what cannot. */
export function lanesOf(
  { entries, ringSize, producers }: Pick<LiveWork, 'entries' | 'ringSize' | 'producers'>,
  peers: readonly Peer[],
): { lanes: Lane[]; absent: Absence[] } {
  const cpus = chooseCpus();
  const lanes: Lane[] = [];
  const absent: Absence[] = [];
  for (const { reader, peer, mode, burst } of entries) {
    const found = peer === undefined ? { command: OWN_PROGRAM } : peers.find(({ name }) => name === peer);
    // Nobody asked for peers.
    if (found === undefined) continue;
    const program = 'command' in found ? { command: [...OWN_PROGRAM, 'live'] } : found.program('live');
    if ('absent' in cpus) absent.push({ reader, absent: cpus.absent });
    else if ('absent' in program) absent.push({ reader, absent: program.absent });
    else lanes.push({ reader, command: program.command, mode, burst, ringSize, producers, cpus });
  }
  return { lanes, absent };
}

/** Runs lanes by turns, round after round. @returns the rounds that count, by lane. */
async function race(
  lanes: readonly Lane[],
  { rounds, ...order }: Effort & { readonly perSecond: number | undefined },
  progress: (share: number) => void,
): Promise<Round[][]> {
  const pairs: Pair[] = [];
  try {
    for (const lane of lanes) pairs.push(await openPair(lane));
    const results = pairs.map((): Round[] => []);
    for (let round = 0; round < WARM_UP + rounds; round++) {
      for (let i = 0; i < pairs.length; i++) {
        progress((round + i / pairs.length) / (WARM_UP + rounds));
        // Each round begins with another lane: none always follows the same one.
        const lane = (round + i) % pairs.length;
        const result = await pairs[lane]!.round(order);
        if (round >= WARM_UP) results[lane]!.push(result);
      }
    }
    return results;
  } finally {
    for (const pair of pairs) pair.close();
  }
}

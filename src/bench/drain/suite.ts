import { Child, OWN_PROGRAM } from '../child.ts';
import { spread } from '../statistics.ts';
import type { Absence, Figure, Peer, Suite, SuiteContext, Work } from '../suite.ts';
import { FilledRing } from './filled-ring.ts';
import { drainTargets } from './targets.ts';
import type { Drained, DrainWork } from './work.ts';
import { WORKS } from './works.ts';

/** How much is measured. */
interface Effort {
  /** Bytes. */
  readonly ringSize: number;
  /** Rounds that count. */
  readonly rounds: number;
}

const FULL: Effort = { ringSize: 64 * 2 ** 20, rounds: 7 };
const QUICK: Effort = { ringSize: 8 * 2 ** 20, rounds: 5 };

/** Most rounds before those that count: V8 compiles meanwhile, and a machine at work never looks steady. */
const MOST_WARM_UP = 12;

/** A full ring is drained by one reader, while nothing else goes on. */
export const drain: Suite = {
  name: 'drain',
  title: 'A full ring is drained by one reader: CPU time per record',
  async run(context) {
    const { quick, progress } = context;
    const chosen = WORKS.filter((work) => work.quick || !quick);
    const works: Work[] = [];
    for (const [i, work] of chosen.entries()) {
      const share = (part: number): void => progress((i + part) / chosen.length, work.name);
      works.push(await runWork(work, quick ? QUICK : FULL, context.peers, share));
    }
    return { works, targets: drainTargets(works) };
  },
};

/** A reader and the ring that is its own: two consumers of one ring would have to close and open it in turn. */
interface Reader {
  readonly name: string;
  readonly ring: FilledRing;
  readonly child: Child;
  /** Nanoseconds per record, by round. */
  readonly times: number[];
}

/** In every round each reader's ring is filled and drained in turn. */
async function runWork(
  work: DrainWork,
  { ringSize, rounds }: Effort,
  peers: SuiteContext['peers'],
  progress: (share: number) => void,
): Promise<Work> {
  const { name, title, records } = work;
  const values = work.values();
  const { programs, absent } = programsFor(work, peers);
  const readers: Reader[] = [];
  try {
    for (const [reader, command] of programs) {
      const ring = await FilledRing.create(ringSize, records);
      try {
        const child = await Child.start(`${reader}, ${name}`, [...command, String(ring.mapId), name, reader]);
        readers.push({ name: reader, ring, child, times: [] });
      } catch (error) {
        await ring[Symbol.asyncDispose]();
        throw error;
      }
    }
    let warmUp = 0;
    for (; warmUp < MOST_WARM_UP; warmUp++) {
      const cold = readers.filter((reader) => !isWarm(reader));
      if (cold.length === 0) break;
      await drainAll(cold, warmUp, values);
      progress(warmUp / (MOST_WARM_UP + rounds));
    }
    for (let round = 0; round < rounds; round++) {
      await drainAll(readers, round, values);
      progress((warmUp + round) / (warmUp + rounds));
    }
    const figures = readers.map(({ name: reader, times }): Figure => {
      return { reader, quantity: 'time', unit: 'ns/record', ...spread(times.slice(-rounds)) };
    });
    const { capacity } = readers[0]!.ring;
    const method = `${capacity.toLocaleString('en')} records, ${rounds} rounds after up to ${warmUp} to warm up`;
    return { name, title, method, reference: readers[0]!.name, figures, absent };
  } finally {
    for (const { child, ring } of readers) {
      child.close();
      await ring[Symbol.asyncDispose]();
    }
  }
}

/** The commands of a work's readers, peers first. */
function programsFor(
  { peers: wanted, readers }: DrainWork,
  peers: readonly Peer[],
): { programs: [reader: string, command: readonly string[]][]; absent: Absence[] } {
  const programs: [string, readonly string[]][] = [];
  const absent: Absence[] = [];
  for (const reader of wanted) {
    const program = peers.find(({ name }) => name === reader.split(' ')[0])?.program('drain');
    if (program === undefined) continue;
    if ('absent' in program) absent.push({ reader, absent: program.absent });
    else programs.push([reader, program.command]);
  }
  for (const reader of Object.keys(readers)) programs.push([reader, [...OWN_PROGRAM, 'drain']]);
  return { programs, absent };
}

/** Whether a reader has stopped getting faster: its latest two rounds were no faster than one before. */
function isWarm({ times }: Reader): boolean {
  const before = Math.min(...times.slice(0, -2));
  return times.length > 2 && times.slice(-2).every((time) => time > 0.95 * before);
}

async function drainAll(readers: readonly Reader[], round: number, values: readonly number[]): Promise<void> {
  // Each round begins with another reader: none always follows the same one.
  const first = round % readers.length;
  for (const { name, ring, child, times } of [...readers.slice(first), ...readers.slice(0, first)]) {
    ring.fill();
    const records = ring.capacity;
    const drained = await child.ask<Drained>(`drain ${records}`);
    check(name, drained, { records, sum: expectedSum(values, records) });
    times.push(drained.nanoseconds / records);
  }
}

function check(reader: string, drained: Drained, expected: Omit<Drained, 'nanoseconds'>): void {
  if (drained.records === expected.records && drained.sum === expected.sum) return;
  const words = ({ records, sum }: Omit<Drained, 'nanoseconds'>): string => `${records} records, sum ${sum}`;
  throw new Error(`${reader} read ${words(drained)} instead of ${words(expected)}`);
}

/** Sum, modulo 2^32, over `count` records that repeat `values`. */
function expectedSum(values: readonly number[], count: number): number {
  const sum = (some: readonly number[]): bigint => some.reduce((total, value) => total + BigInt(value), 0n);
  const rounds = BigInt(Math.floor(count / values.length));
  return Number(BigInt.asUintN(32, rounds * sum(values) + sum(values.slice(0, count % values.length))));
}

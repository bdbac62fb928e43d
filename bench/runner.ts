import { fileURLToPath } from 'node:url';
import { FilledRing } from './filled-ring.ts';
import type { Absent, Built } from './libbpf.ts';
import { Reader } from './reader.ts';
import { type Figure, figure } from './statistics.ts';
import type { Drained, Target, Workload } from './workload.ts';

/** How much is measured. */
export interface Effort {
  /** Bytes. */
  readonly ringSize: number;
  /** Rounds whose figures do not count: code is compiled meanwhile. */
  readonly warmUp: number;
  readonly rounds: number;
}

/** One peer's figures. */
export interface Row {
  readonly peer: string;
  readonly version: string;
  readonly nsPerRecord: Figure;
  /** Its time per the reference's in the same round; without a reference there is none. */
  readonly ratio?: Figure;
}

/** A target, and how the peer's time compares: by ratios of the same round, where both were measured. */
export interface TargetResult extends Target {
  readonly ratio?: Figure;
  readonly met: boolean;
}

/** Everything that was found out about a workload. */
export interface WorkloadResult {
  readonly name: string;
  readonly title: string;
  /** Records of a full ring. */
  readonly records: number;
  readonly rows: readonly Row[];
  readonly targets: readonly TargetResult[];
  /** Peers that could not be measured, and so neither could targets that speak of them. */
  readonly absent: readonly { readonly peer: string; readonly absent: string }[];
}

const RINGTAIL = fileURLToPath(new URL('./readers/ringtail.js', import.meta.url));

/** A reader and the ring that is its own: two consumers of one ring would have to close and open it in turn. */
interface Peer {
  readonly name: string;
  readonly ring: FilledRing;
  readonly reader: Reader;
  /** Nanoseconds per record, by round. */
  readonly times: number[];
}

/**
 * Measures a workload: in every round each peer's ring is filled and drained in turn, while nothing else goes on.
 *
 * @param progress is told the share that is done, 0 to 1.
 * @throws PermissionError without the right to fill a ring; Error when a peer loses or misreads a record.
 */
export async function runWorkload(
  workload: Workload,
  effort: Effort,
  libbpf: Built | Absent,
  progress: (share: number) => void,
): Promise<WorkloadResult> {
  const { name, title } = workload;
  const peers: Peer[] = [];
  const add = async (peer: string, ...command: string[]): Promise<void> => {
    const ring = await FilledRing.create(effort.ringSize, workload.records);
    try {
      const reader = await Reader.start(`${peer}, ${name}`, [...command, String(ring.mapId), name, peer]);
      peers.push({ name: peer, ring, reader, times: [] });
    } catch (error) {
      await ring[Symbol.asyncDispose]();
      throw error;
    }
  };
  try {
    if ('path' in libbpf) await add('libbpf', libbpf.path);
    for (const peer of Object.keys(workload.readers)) await add(peer, process.execPath, RINGTAIL);
    await measure(workload, peers, effort, progress);
    const times = new Map(peers.map((peer) => [peer.name, peer.times]));
    const ratios = (peer: string, than: string): Figure | undefined => {
      const [of, to] = [times.get(peer), times.get(than)];
      return of && to && figure(of.map((ns, round) => ns / to[round]!));
    };
    const rows = peers.map((peer): Row => {
      const ratio = ratios(peer.name, workload.reference);
      const { version } = peer.reader;
      return { peer: peer.name, version, nsPerRecord: figure(peer.times), ...(ratio && { ratio }) };
    });
    const targets = workload.targets.map((target): TargetResult => {
      const ratio = ratios(target.peer, target.than);
      return { ...target, ...(ratio && { ratio }), met: ratio !== undefined && ratio.median <= target.times };
    });
    const absent = 'absent' in libbpf ? [{ peer: 'libbpf', absent: libbpf.absent }] : [];
    return { name, title, records: peers[0]!.ring.capacity, rows, targets, absent };
  } finally {
    for (const { reader, ring } of peers) {
      reader.close();
      await ring[Symbol.asyncDispose]();
    }
  }
}

async function measure(
  { name, values }: Workload,
  peers: readonly Peer[],
  { warmUp, rounds }: Effort,
  progress: (share: number) => void,
): Promise<void> {
  for (let round = 0; round < warmUp + rounds; round++) {
    // Each round begins with another peer: none always follows the same one.
    const first = round % peers.length;
    const order = [...peers.slice(first), ...peers.slice(0, first)];
    for (const [i, { name: peer, ring, reader, times }] of order.entries()) {
      progress((round + i / order.length) / (warmUp + rounds));
      ring.fill();
      const drained = await reader.drain();
      const records = ring.capacity;
      check(`${name}, ${peer}`, drained, { records, sum: expectedSum(values, records) });
      if (round >= warmUp) times.push(drained.nanoseconds / records);
    }
  }
}

function check(peer: string, drained: Drained, expected: { records: number; sum: number }): void {
  if (drained.records === expected.records && drained.sum === expected.sum) return;
  const words = ({ records, sum }: { records: number; sum: number }): string =>
    `${records} records, sum ${sum}`;
  throw new Error(`${peer} read ${words(drained)} instead of ${words(expected)}`);
}

/** Sum, modulo 2^32, over `count` records that repeat `values`. */
function expectedSum(values: readonly number[], count: number): number {
  const sum = (some: readonly number[]): bigint => some.reduce((total, value) => total + BigInt(value), 0n);
  const rounds = BigInt(Math.floor(count / values.length));
  return Number(BigInt.asUintN(32, rounds * sum(values) + sum(values.slice(0, count % values.length))));
}

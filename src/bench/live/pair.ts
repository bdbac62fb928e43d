import { BpfMap, BpfProgram } from '../../kernel/index.ts';
import { type Burst, burstProgram, COUNTS, COUNTS_KEY, NO_COUNTS, parseCounts, TARGET } from './burst.ts';
import { type Consumed, Consumer, type Mode } from './consumer.ts';
import type { Cpus } from './cpus.ts';
import { type Order, Producer } from './producer.ts';

/** A consumer, what it reads, and who sends that. */
export interface Lane {
  /** Name of the reader in the report. */
  readonly reader: string;
  /** Starts the consumer. */
  readonly command: readonly string[];
  readonly mode: Mode;
  readonly burst: Burst;
  /** Bytes of the ring; a perf buffer's reader makes its own rings. */
  readonly ringSize: number;
  /** Processes that send; each on a CPU of its own, as long as there are enough. */
  readonly producers: number;
  readonly cpus: Cpus;
}

/** What came of one round. */
export interface Round extends Consumed {
  readonly sent: number;
  /** Records for which there was no room. */
  readonly dropped: number;
  /** From the first record until the last was read. */
  readonly seconds: number;
  /** How long the producers sent. */
  readonly sendingSeconds: number;
  /** CPU time of the producers; in mode `back-to-back` it is part of the consumer's. */
  readonly producerCpuNs?: number;
  /** Time of the producers in the system calls that ran the program; in mode `back-to-back` as above. */
  readonly runNs?: number;
}

/** A lane with all its processes started. */
export interface Pair {
  readonly lane: Lane;
  /** @throws Error when a record is lost, or read that was not sent. */
  round(order: Order): Promise<Round>;
  close(): void;
}

/** Creates ring or perf buffer and starts the processes. @throws PermissionError, Error when a process does not start. */
export async function openPair(lane: Lane): Promise<Pair> {
  const { burst, ringSize } = lane;
  const map =
    burst.by === 'perf'
      ? BpfMap.create({ name: TARGET, type: 'PERF_EVENT_ARRAY', keySize: 4, valueSize: 4, maxEntries: 0 })
      : BpfMap.create({ name: TARGET, type: 'RINGBUF', maxEntries: ringSize });
  const opened: { close(): void }[] = [map];
  const close = (): void => {
    for (const one of opened.toReversed()) one.close();
  };
  try {
    const open = lane.mode === 'back-to-back' ? openBackToBack : openParallel;
    const round = await open(lane, map, opened);
    return { lane, close, round: async (order) => checked(lane, await round(order)) };
  } catch (error) {
    close();
    throw error;
  }
}

type Rounds = (order: Order) => Promise<Round>;

/** Producers on their CPUs, the consumer on its own. */
async function openParallel(
  { reader, command, mode, burst, producers: count, cpus }: Lane,
  map: BpfMap,
  opened: { close(): void }[],
): Promise<Rounds> {
  const mapId = map.info().id;
  const consumer = await Consumer.start(reader, command, { mapId, mode, cpu: cpus.consumer });
  opened.push(consumer);
  const producers: Producer[] = [];
  for (let i = 0; i < count; i++) {
    const producer = await Producer.start(mapId, burst, cpus.producers[i % cpus.producers.length]!);
    opened.push(producer);
    producers.push(producer);
  }
  return async (order) => {
    const sendAll = async (): Promise<Awaited<ReturnType<Producer['produce']>>[]> => {
      const all = await Promise.all(producers.map((producer) => producer.produce(order)));
      await producers[0]!.end();
      return all;
    };
    const [consumed, sent] = await Promise.all([consumer.consume(), sendAll()]);
    const sum = (value: (one: (typeof sent)[number]) => number): number =>
      sent.reduce((total, one) => total + value(one), 0);
    return {
      ...consumed,
      sent: sum((one) => one.sent),
      dropped: sum((one) => one.dropped),
      producerCpuNs: sum((one) => one.cpuNs),
      runNs: sum((one) => one.runNs),
      seconds: (consumed.endNs - Math.min(...sent.map(({ startNs }) => startNs))) / 1e9,
      sendingSeconds: Math.max(...sent.map(({ ms }) => ms)) / 1000,
    };
  };
}

/** The consumer has each burst sent by its own process. */
async function openBackToBack(
  { reader, command, mode, burst, cpus }: Lane,
  map: BpfMap,
  opened: { close(): void }[],
): Promise<Rounds> {
  const counts = BpfMap.create(COUNTS);
  opened.push(counts);
  const mapFds = new Map([
    [TARGET, map.fd],
    [COUNTS.name, counts.fd],
  ]);
  const program = BpfProgram.load(burstProgram(burst), { license: 'Dual BSD/GPL', mapFds });
  opened.push(program);
  const ids = { mapId: map.info().id, programId: program.info().id };
  const consumer = await Consumer.start(reader, command, { ...ids, mode, cpu: cpus.consumer });
  opened.push(consumer);
  return async ({ ms }) => {
    counts.update(COUNTS_KEY, NO_COUNTS);
    const startNs = Number(process.hrtime.bigint());
    const consumed = await consumer.consume(ms);
    const seconds = (consumed.endNs - startNs) / 1e9;
    const { sent, dropped } = parseCounts(counts.lookup(COUNTS_KEY)!);
    return { ...consumed, sent, dropped, seconds, sendingSeconds: seconds };
  };
}

function checked({ reader, mode }: Lane, round: Round): Round {
  if (round.records === round.sent) return round;
  throw new Error(`${reader}, ${mode}: read ${round.records} of ${round.sent} records`);
}

import { createDecoder, type Decoder } from '../../btf/index.ts';
import {
  type Handler,
  PerfBuffer,
  RingBuffer,
  type RingReader,
  type WorkerRing,
} from '../../ringbuf/index.ts';
import { openById, repeatTestRun } from '../../sys/index.ts';
import type { Answering } from '../child.ts';
import { structOf } from '../drain/work.ts';
import { PACKET } from './burst.ts';
import { BATCH, type Consumed, LOOK_EVERY_MS, LOOK_MS, PERF_PAGES } from './consumer.ts';

/** A 64-bit value in two words: a bigint for each record would be garbage. */
interface Sample {
  readonly low: number;
  readonly high: number;
}

/** Latencies that are kept of one reading. */
const MOST_LATENCIES = 2 ** 20;

/** This library's reader: arguments and lines as `Consumer` says. */
export const openConsumer: Answering = ([mapId, mode, programId]) => {
  const fd = openById('MAP', Number(mapId));
  const ring = (mode?.startsWith('perf') ? openPerf(fd, mode) : openRing(fd, mode)).cursor;
  switch (mode) {
    case 'latency':
    case 'latency-look':
    case 'latency-worker':
      return () => latencies(ring);
    case 'busy':
      return () => count((handler) => ring.consume(handler));
    case 'back-to-back': {
      const run = repeatTestRun(openById('PROG', Number(programId)), 'program burst', { dataIn: PACKET });
      return (ms) => backToBack(ring, run, Number(ms));
    }
    case 'perf-sampled':
      return () => count((handler) => pollOrLook(ring, handler));
    default:
      return () => count((handler) => ring.poll(handler));
  }
};

function openRing(fd: number, mode: string | undefined): RingBuffer<Sample> | WorkerRing<Sample> {
  const ring = RingBuffer.open(fd, { decoder: decoder() });
  if (mode === 'latency-look') ring.lookEvery(LOOK_EVERY_MS);
  return mode === 'latency-worker' ? ring.inWorker() : ring;
}

function openPerf(fd: number, mode: string): PerfBuffer<Sample> {
  const wakeupEvents = mode === 'perf-sampled' ? BATCH : 1;
  return PerfBuffer.open(fd, { decoder: decoder(), pages: PERF_PAGES, wakeupEvents });
}

function decoder(): Decoder<Sample> {
  const { btf, id } = structOf('sample', (b) => {
    const type = b.int('u32', 4);
    return [
      { name: 'low', type, size: 4 },
      { name: 'high', type, size: 4 },
    ];
  });
  return createDecoder<Sample>(btf, id);
}

/** Those that are fewer than wake a reader have to be looked for. */
async function pollOrLook(ring: RingReader<Sample>, handler: Handler<Sample>): Promise<number> {
  return (await ring.poll(handler, { timeoutMs: LOOK_MS })) || ring.consume(handler);
}

type Read = (handler: Handler<Sample>) => number | Promise<number>;

/** Counts records up to the one of value 0. */
async function count(read: Read): Promise<Consumed> {
  const cpu = process.cpuUsage();
  let records = 0;
  let ended = false;
  let endNs = 0;
  const handler: Handler<Sample> = ({ low }) => {
    if (low !== 0) {
      records++;
      return;
    }
    ended = true;
    return false;
  };
  for (let before = 0; !ended; before = records) {
    await read(handler);
    if (records > before) endNs = now();
  }
  return { records, cpuNs: cpuNsSince(cpu), endNs };
}

/** Counts records, and has the next burst sent when it has read one. */
async function backToBack(ring: RingReader<Sample>, run: () => unknown, ms: number): Promise<Consumed> {
  const cpu = process.cpuUsage();
  let records = 0;
  const handler: Handler<Sample> = ({ low }) => {
    records += low;
  };
  for (const end = performance.now() + ms; performance.now() < end; ) {
    run();
    await ring.poll(handler);
  }
  // The last poll may have been interrupted for the sake of the event loop.
  ring.consume(handler);
  return { records, cpuNs: cpuNsSince(cpu), endNs: now() };
}

/** Notes how late each record is, up to the one of value 0. */
async function latencies(ring: RingReader<Sample>): Promise<Consumed> {
  const cpu = process.cpuUsage();
  const late = new Float64Array(MOST_LATENCIES);
  // performance.now() has the same clock as the kernel's bpf_ktime_get_ns(), and makes no bigint.
  const zero = originNs();
  let records = 0;
  let ended = false;
  const handler: Handler<Sample> = ({ low, high }) => {
    if ((low | high) === 0) {
      ended = true;
      return false;
    }
    if (records < MOST_LATENCIES) late[records] = zero + performance.now() * 1e6 - (high * 2 ** 32 + low);
    records++;
    return;
  };
  while (!ended) await ring.poll(handler);
  const sorted = late.subarray(0, records).sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]! / 1000;
  return {
    records,
    cpuNs: cpuNsSince(cpu),
    endNs: now(),
    latency: { median: at(0.5), p99: at(0.99), 'p99.9': at(0.999), most: at(1) },
  };
}

/** When `performance.now()` was 0, in nanoseconds of CLOCK_MONOTONIC. */
function originNs(): number {
  // The least of several: code that runs for the first time takes a while between the two clocks.
  return Math.min(...Array.from({ length: 100 }, () => -performance.now() * 1e6 + now()));
}

function now(): number {
  return Number(process.hrtime.bigint());
}

function cpuNsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) * 1000;
}

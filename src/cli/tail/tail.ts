import { createReadStream } from 'node:fs';
import { Command, Option } from 'commander';
import { ArgumentError } from '../../errors/index.ts';
import { kernelRelease, ringEvent } from '../../kernel/index.ts';
import { type Row, rowColumns, rowMaker, type Tally, tallyText } from '../../metrics/index.ts';
import { type CapturedItem, type CaptureInfo, RingTap, readCapture } from '../../ringbuf/index.ts';
import { declaredType, type TypeRef } from '../../spec/index.ts';
import { escapeText } from '../../text/index.ts';
import { parseDuration, parseWhole, UsageError } from '../options.ts';
import { type EventStream, printStream, type StreamState } from '../stream.ts';
import { findRing } from './find-ring.ts';
import { rowHex, rowJson } from './forms.ts';
import { writeCapture } from './write.ts';

interface Options {
  type?: string;
  fromOldest?: boolean;
  json?: boolean;
  hex?: boolean;
  duration?: number;
  maxEvents?: number;
  write?: string;
  read?: string;
}

const EXAMPLES = `
Examples:
  ringtail tail events                     by name; by id, /sys/fs/bpf/PIN or PID/NAME where several have it
  ringtail tail 42 --from-oldest --hex
  ringtail tail events --type 'struct { u32 pid; char comm[16]; }' --json
  ringtail tail events --write events.ring --duration 10s
  ringtail tail --read events.ring

The ring's owner gets all of its records all the same. While it is open the tap keeps the ring alive.`;

/** `ringtail tail` */
export function tailCommand(): Command {
  return new Command('tail')
    .description("print any ring's records as they come, without taking them from its owner")
    .argument('[ring]', 'id, name, path of a pin, pid/name or pid/id')
    .option('--type <type>', "type of the records: 'struct event', or a declaration in C")
    .addOption(new Option('--from-oldest', 'begin with records that are there still').conflicts('read'))
    .option('--json', 'a line of JSON for each record')
    .addOption(new Option('--hex', 'a hex dump of each record').conflicts('json'))
    .option('--duration <time>', 'end after this time: 10s, 500ms, 5m', parseDuration)
    .option('--max-events <n>', 'end after n records', parseWhole(1))
    .addOption(
      new Option('--write <file>', 'capture to a file instead of printing').conflicts([
        'json',
        'hex',
        'read',
      ]),
    )
    .option('--read <file>', 'replay a capture')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

async function run(ring: string | undefined, options: Options): Promise<void> {
  if ((ring === undefined) === (options.read === undefined)) {
    throw new UsageError({
      message: ring === undefined ? 'no ring is named' : 'a ring and a capture are named',
      remedy: 'Name a ring (`ringtail top --once` lists them), or a capture: ringtail tail --read FILE',
    });
  }
  if (ring === undefined) await replay(options.read!, options);
  else await follow(ring, options);
}

async function follow(name: string, options: Options): Promise<void> {
  const ring = await findRing(name);
  const event = typeOf(ring, options.type);
  const tap = RingTap.open(ring.id, { fromOldest: options.fromOldest });
  const clock = clockNow();
  try {
    if (options.write !== undefined) {
      const kernel = kernelRelease().text;
      const info = { name: tap.name, mapId: ring.id, size: ring.size, kernel, ...clock, event };
      const records = await writeCapture(tap, info, options.write, options);
      process.stderr.write(
        `${records} records to ${options.write}, ${tallyText(skippedBy(tap), tap.stats().busyWaits)}\n`,
      );
      return;
    }
    const tally = newTally();
    const state = (): StreamState => {
      const { position, producerPosition, size, busyWaits } = tap.stats();
      const fill = Math.min(1, Number(producerPosition - position) / size);
      return { fill, lost: undefined, losses: tallyText(tally, busyWaits) };
    };
    const toRows = rowMaker(event, wallTime(clock), tally);
    const batches = async function* (signal: AbortSignal): AsyncGenerator<Row[]> {
      for await (const items of tap.items({ signal })) {
        const time = process.hrtime.bigint();
        yield items.flatMap((item) => toRows({ ...item, time }));
      }
    };
    await printStream<Row>(streamOf(event, batches, state, options), options);
  } finally {
    tap.close();
  }
}

async function replay(path: string, options: Options): Promise<void> {
  const file = createReadStream(path);
  try {
    const { info, items } = await readCapture(file, path).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    const event = options.type === undefined ? info.event : declaredType(options.type, info.event?.btf);
    process.stderr.write(escapeText(`${captureLine(info)}`).concat('\n'));
    const tally = newTally();
    const toRows = rowMaker(event, wallTime(info), tally);
    const batches = (signal: AbortSignal): AsyncGenerator<Row[]> => inBatches(items, toRows, signal);
    const state = (): StreamState => ({ fill: 0, lost: undefined, losses: tallyText(tally) });
    await printStream<Row>(streamOf(event, batches, state, options), options);
  } finally {
    file.destroy();
  }
}

/** Most records of a capture that are printed in one go. */
const BATCH = 256;

/** What is whole comes out before the error does. */
async function* inBatches(
  items: AsyncIterable<CapturedItem>,
  toRows: (item: CapturedItem) => Row[],
  signal: AbortSignal,
): AsyncGenerator<Row[]> {
  let batch: Row[] = [];
  let failure: unknown;
  try {
    for await (const item of items) {
      if (signal.aborted) return;
      batch.push(...toRows(item));
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
  } catch (error) {
    failure = error;
  }
  yield batch;
  if (failure !== undefined) throw failure;
}

function streamOf(
  event: TypeRef | undefined,
  batches: EventStream<Row>['batches'],
  state: () => StreamState,
  { hex }: Options,
): EventStream<Row> {
  const block = hex ? rowHex : undefined;
  return { batches, columns: rowColumns(event), block, json: rowJson, state, noun: 'records' };
}

const TYPE_EXAMPLE = "--type 'struct { u32 pid; char comm[16]; }'";

/** The type that is asked for, or that the ring's programs tell of; says why where there is none. */
function typeOf(
  ring: { id: number; name: string; programs: readonly { id: number }[] | undefined },
  asked: string | undefined,
): TypeRef | undefined {
  const { event, btf, hint } = ringEvent(
    ring,
    (ring.programs ?? []).map(({ id }) => id),
  );
  if (asked !== undefined) return declaredType(asked, btf);
  if (event === undefined) {
    process.stderr.write(
      escapeText(`ring ${ring.name}: records as bytes: ${hint}; name the type: ${TYPE_EXAMPLE}`).concat('\n'),
    );
  }
  return event;
}

function newTally(): Tally {
  return { skippedBytes: 0n, skippedRecords: 0, gaps: 0, short: 0 };
}

function skippedBy(tap: RingTap<unknown>): Tally {
  return { ...tap.stats(), short: 0 };
}

/** Both clocks at one moment. */
function clockNow(): { wallTime: bigint; monotonicTime: bigint } {
  return { wallTime: BigInt(Date.now()) * 1_000_000n, monotonicTime: process.hrtime.bigint() };
}

function wallTime(start: { wallTime: bigint; monotonicTime: bigint }): (monotonic: bigint) => Date {
  return (monotonic) => new Date(Number((start.wallTime + monotonic - start.monotonicTime) / 1_000_000n));
}

function captureLine({ name, mapId, size, kernel, wallTime: wall }: CaptureInfo): string {
  const when = new Date(Number(wall / 1_000_000n)).toISOString();
  return `ring ${name} (id ${mapId}, ${size} bytes) of a kernel ${kernel}, ${when}`;
}

/** A file that cannot be read is no damaged capture. */
function unreadable(path: string, error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  return new ArgumentError({
    message: `cannot read ${path}: ${error.message}`,
    remedy: 'Name a file that `ringtail tail --write` made.',
    cause: error,
  });
}

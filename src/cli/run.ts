import { Command, Option } from 'commander';
import { createDecoder } from '../btf/index.ts';
import { ArgumentError } from '../errors/index.ts';
import { type BpfObject, enableStats, load, type ProgramChoices } from '../kernel/index.ts';
import { PerfBuffer, type RingBuffer, RingBufferGroup } from '../ringbuf/index.ts';
import type { MapSpec, ObjectSpec } from '../spec/index.ts';
import { type Column, cell, eventColumns } from '../text/index.ts';
import { assignment, parseDuration, parseWhole, typeOption } from './options.ts';
import { printHints } from './print.ts';
import { readProgram } from './program-file.ts';
import { statsText } from './program-stats.ts';
import { type EventStream, printStream, type StreamState } from './stream.ts';

interface Options {
  readonly type?: Readonly<Record<string, string>>;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly only?: readonly string[];
  readonly stats?: boolean;
  readonly json?: boolean;
  readonly maxEvents?: number;
  readonly duration?: number;
}

/** An event and the ring it came through. */
interface Row {
  readonly ring: string;
  readonly event: unknown;
}

/**
 * How often rings are looked at besides, in milliseconds: programs may submit without waking their reader, always or until some
 * amount is unread, and then what is left over would wait for ever.
 */
const LOOK_EVERY_MS = 100;

/** `ringtail run` */
export function runCommand(): Command {
  return new Command('run')
    .description(
      'load an object file or a program in C, attach its programs, and print the events of its rings and perf buffers',
    )
    .argument('<file>', 'object file (.bpf.o), or program in C (.bpf.c)')
    .argument('[flags...]', 'of clang, behind --: -- -DLIMIT=4')
    .addOption(typeOption())
    .addOption(
      new Option('--set <name=value>', 'first value of a global variable: a number, or JSON').argParser(
        (text: string, before?: Record<string, unknown>) => ({ ...before, ...valueAssignment(text) }),
      ),
    )
    .option(
      '--only <program>',
      'load and attach this program only; may be repeated',
      (name, before: string[] = []) => [...before, name],
    )
    .option('--stats', 'tell at the end how often and how long each program ran')
    .option('--json', 'a line of JSON for each event')
    .option('--max-events <n>', 'end after n events', parseWhole(1))
    .option('--duration <time>', 'end after this time: 10s, 500ms, 5m', parseDuration)
    .action(run);
}

async function run(file: string, flags: readonly string[], options: Options): Promise<void> {
  const spec = await readProgram(file, flags, { types: options.type ?? {} });
  const rings = spec.maps.filter(({ type, event, eventHint }) => {
    // An array of perf events into which no program writes holds counters.
    return type === 'RINGBUF' || (type === 'PERF_EVENT_ARRAY' && (event ?? eventHint) !== undefined);
  });
  if (rings.length === 0) {
    throw new ArgumentError({
      message: `object ${file} has no ring buffer and no perf buffer, so there would be nothing to print`,
      remedy: `See what it has: ringtail inspect ${file}`,
    });
  }
  printHints(rings);
  const programs = options.only === undefined ? {} : onlyThese(spec, options.only);
  const object = await load(spec, { variables: options.set ?? {}, programs });
  const counting = options.stats === true ? enableStats() : undefined;
  const readers: Reader[] = [];
  try {
    for (const ring of rings) readers.push(openReader(object, ring));
    object.attach();
    if (object.links.length === 0) {
      throw new ArgumentError({
        message: `object ${file} has no program whose section says where to attach it, so no event would come`,
        remedy: `Sections: ${spec.programs.map(({ section }) => section).join(', ')}. Attach them with the library: program.attach({ … }).`,
      });
    }
    await printStream<Row>(streamOf(readers, rings), options);
    if (counting !== undefined) process.stderr.write(statsText(Object.values(object.programs)));
  } finally {
    counting?.close();
    for (const reader of readers) reader.close();
    await object.close();
  }
}

/** What events come through. */
type Reader = RingBuffer<unknown> | PerfBuffer<unknown>;

/** The object has opened its rings; what programs write into a perf buffer is lost before it is open. */
function openReader(object: BpfObject, { name, type, event }: MapSpec): Reader {
  if (type === 'RINGBUF') return object.rings[name]!.lookEvery(LOOK_EVERY_MS);
  const decoder = event === undefined ? {} : { decoder: createDecoder<unknown>(event.btf, event.id) };
  return PerfBuffer.open<unknown>(object.maps[name]!.fd, { name, ...decoder });
}

/** Names that the object does not have are left for `load` to complain about. */
function onlyThese(spec: ObjectSpec, names: readonly string[]): ProgramChoices {
  const others = spec.programs.map(({ name }) => [name, { autoload: false }] as const);
  return Object.fromEntries([...others, ...names.map((name) => [name, { autoload: true }] as const)]);
}

function streamOf(readers: readonly Reader[], specs: readonly MapSpec[]): EventStream<Row> {
  return {
    batches: (signal) => batchesOf(readers, signal),
    columns: columnsOf(specs),
    json: ({ ring, event }) => (specs.length === 1 ? event : { ring, event }),
    state: () => stateOf(readers),
    noun: 'events',
  };
}

/** What all readers have, in batches. */
async function* batchesOf(readers: readonly Reader[], signal: AbortSignal): AsyncGenerator<readonly Row[]> {
  let batch: Row[] = [];
  const group = new RingBufferGroup();
  for (const reader of readers) {
    group.add(reader, (event) => {
      batch.push({ ring: reader.name, event });
    });
  }
  for (;;) {
    await group.poll({ signal });
    const full = batch;
    batch = [];
    yield full;
  }
}

/** The members of the type for a single ring that has one; else the event on one line, after its ring's name. */
function columnsOf(specs: readonly MapSpec[]): Column<Row>[] {
  const [only] = specs;
  if (specs.length === 1 && only!.event !== undefined) {
    const columns = eventColumns(only!.event);
    if (columns.length > 0) {
      return columns.map((c) => ({
        ...c,
        value: ({ event }: Row) => c.value(event as Record<string, unknown>),
      }));
    }
  }
  const ring = { header: 'RING', width: 16, value: (row: Row) => row.ring };
  const event = { header: 'EVENT', width: 0, value: (row: Row) => cell(row.event) };
  return specs.length === 1 ? [event] : [ring, event];
}

/** The kernel counts what a perf buffer loses, and does not tell how full it is. */
function stateOf(readers: readonly Reader[]): StreamState {
  const stats = readers.map((reader) => reader.stats());
  const fills = stats.flatMap((s) => ('size' in s ? [s.available / s.size] : []));
  const counts = stats
    .map((s) => ('size' in s ? s.dropped : BigInt(s.lost)))
    .filter((count) => count !== undefined);
  return {
    fill: fills.length === 0 ? undefined : Math.max(...fills),
    lost: counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0n),
  };
}

function valueAssignment(text: string): Record<string, unknown> {
  const [[name, value]] = Object.entries(assignment(text)) as [[string, string]];
  if (/^-?\d+$/.test(value)) return { [name]: BigInt(value) };
  try {
    return { [name]: JSON.parse(value) };
  } catch {
    return { [name]: value };
  }
}

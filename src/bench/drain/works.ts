import { createDecoder, type Decoder, type DecoderOptions } from '../../btf/index.ts';
import { RingBuffer } from '../../ringbuf/index.ts';
import type { TypeRef } from '../../spec/index.ts';
import { jsonLine } from '../../text/index.ts';
import { type Exec, type ExecArgs, execArgsType, execs, execType } from './exec.ts';
import { EXEC_FIELDS, fieldTableDecoder } from './field-table.ts';
import { addUp } from './measure.ts';
import { type Sample, samples, sampleType } from './sample.ts';
import { type Drain, type DrainWork, encodeAll, wordAt } from './work.ts';

/** The latest event. Kept where V8 cannot prove it unused, else it would not make objects at all. */
export let latest: unknown;

/** Records of one size, and the ways in which they are read. */
interface Shape<E> {
  readonly size: number;
  readonly type: TypeRef;
  readonly events: readonly E[];
  /** Where in the record the word is that `raw` reads, and the field that it is. */
  readonly wordOffset: number;
  readonly word: (event: E) => number;
  /** Reads every field of an event, and adds up those of 32 bits and the lengths of texts. */
  readonly sum: (event: E) => number;
}

/** What a machine at work looks like: the same few dozen programs over and over. */
const PROGRAMS = 64;
/** More than the decoder remembers texts of: nearly every string is made anew. */
const MANY_PROGRAMS = 8192;

const sample: Shape<Sample> = {
  size: 8,
  type: sampleType,
  events: samples(1024),
  wordOffset: 0,
  word: ({ value }) => value,
  sum: ({ value, cpu }) => value + cpu,
};
const exec: Shape<Exec> = {
  size: 64,
  type: execType,
  events: execs(PROGRAMS).map(withoutArgs),
  wordOffset: 8,
  word: ({ pid }) => pid,
  sum: sumOfExec,
};
const execMany: Shape<Exec> = { ...exec, events: execs(MANY_PROGRAMS).map(withoutArgs) };
const execArgs: Shape<ExecArgs> = {
  size: 512,
  type: execArgsType,
  events: execs(PROGRAMS),
  wordOffset: 8,
  word: ({ pid }) => pid,
  sum: (event) => sumOfExec(event) + event.args.length,
};

function withoutArgs({ args: _, ...exec }: ExecArgs): Exec {
  return exec;
}

function sumOfExec({ time, pid, ppid, comm, filename }: Exec): number {
  latest = time;
  return pid + ppid + comm.length + filename.length;
}

function lengthsOf({ comm, filename }: Exec): number {
  return comm.length + filename.length;
}

function decoder<E>({ type }: Shape<E>, options?: DecoderOptions): Decoder<E> {
  return createDecoder<E>(type.btf, type.id, options);
}

function cursor<E>(shape: Shape<E>, value: (event: E) => number): (fd: number) => Drain {
  return (fd) => addUp(RingBuffer.open(fd, { decoder: decoder(shape) }).cursor, value);
}

function objects<E>({ sum }: Shape<E>, decoder: () => Decoder<E>): (fd: number) => Drain {
  return (fd) =>
    addUp(RingBuffer.open(fd, { decoder: decoder() }), (event) => {
      latest = event;
      return sum(event);
    });
}

/** The ring itself: one 32-bit word is read of each record. */
function raw<E>(shape: Shape<E>, quick: boolean): DrainWork {
  const word = (record: Uint8Array): number => wordAt(record, shape.wordOffset);
  const records = encodeAll(shape.type, shape.events);
  return {
    name: `raw-${shape.size}`,
    title: `${shape.size}-byte records, one 32-bit word of each is read`,
    records,
    values: () => shape.events.map(shape.word),
    readers: {
      cursor: cursor(shape, shape.word),
      bytes: (fd) => addUp(RingBuffer.open(fd), word),
    },
    peers: ['libbpf', 'cilium/ebpf', 'BCC'],
    quick,
  };
}

/** The cursor, where C reads in place. */
function fields<E>(shape: Shape<E>): DrainWork {
  return {
    name: `fields-${shape.size}`,
    title: `${shape.size}-byte records, every field is read in place`,
    records: encodeAll(shape.type, shape.events),
    values: () => shape.events.map(shape.sum),
    readers: { cursor: cursor(shape, shape.sum) },
    peers: ['libbpf'],
    quick: false,
  };
}

function wholeObjects<E>(name: string, shape: Shape<E>, what: string, quick: boolean): DrainWork {
  return {
    name,
    title: `${shape.size}-byte records as whole objects${what}`,
    records: encodeAll(shape.type, shape.events),
    values: () => shape.events.map(shape.sum),
    readers: { objects: objects(shape, () => decoder(shape)) },
    peers: ['cilium/ebpf by hand', 'cilium/ebpf binary.Read', 'BCC'],
    quick,
  };
}

function jsonLines<E>(shape: Shape<E>, quick: boolean): DrainWork {
  const lines =
    (toLine: (event: E) => string, options?: DecoderOptions) =>
    (fd: number): Drain =>
      addUp(RingBuffer.open(fd, { decoder: decoder(shape, options) }), (event) => {
        const line = toLine(event);
        latest = line;
        return line.length;
      });
  return {
    name: `json-${shape.size}`,
    title: `${shape.size}-byte records as lines of JSON`,
    records: encodeAll(shape.type, shape.events),
    values: () => shape.events.map((event) => jsonLine(event).length),
    readers: {
      // Which takes no integers of 64 bits.
      'JSON.stringify': lines(JSON.stringify, { int64: 'number' }),
      '--json of commands': lines(jsonLine),
    },
    peers: [],
    quick,
  };
}

const lengths64: DrainWork = {
  name: 'lengths-64',
  title: '64-byte records, the lengths of two strings are read in place',
  records: encodeAll(exec.type, exec.events),
  values: () => exec.events.map(lengthsOf),
  readers: { cursor: cursor(exec, lengthsOf) },
  peers: ['libbpf'],
  quick: true,
};

const objects64 = wholeObjects('objects-64', exec, ', two strings of 64 programs', true);

/** All works, in the order of the report. */
export const WORKS: readonly DrainWork[] = [
  raw(sample, true),
  fields(sample),
  wholeObjects('objects-8', sample, '', false),
  jsonLines(sample, false),
  raw(exec, false),
  lengths64,
  fields(exec),
  {
    ...objects64,
    readers: {
      ...objects64.readers,
      'field table': objects(exec, () => fieldTableDecoder(EXEC_FIELDS, exec.size)),
    },
  },
  wholeObjects('many-64', execMany, `, two strings of ${MANY_PROGRAMS} programs`, false),
  jsonLines(exec, true),
  raw(execArgs, false),
  fields(execArgs),
  wholeObjects('objects-512', execArgs, ', three strings', false),
  jsonLines(execArgs, false),
];

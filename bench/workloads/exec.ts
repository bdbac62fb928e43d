import { createDecoder, type Decoder } from '../../src/btf/index.ts';
import { RingBuffer } from '../../src/ringbuf/index.ts';
import type { TypeRef } from '../../src/spec/index.ts';
import { type Field, fieldTableDecoder } from '../field-table.ts';
import { addUp } from '../measure.ts';
import { type Drain, encodeAll, structOf, type Workload } from '../workload.ts';

/** `struct exec { u64 time; u32 pid, ppid; char comm[16]; char filename[32]; }` */
export interface Exec {
  readonly time: bigint;
  readonly pid: number;
  readonly ppid: number;
  readonly comm: string;
  readonly filename: string;
}

export const execType: TypeRef = structOf('exec', (b) => {
  const u32 = b.int('u32', 4);
  const u64 = b.int('u64', 8);
  const char = b.int('char', 1, 'char');
  const text = (count: number): number => b.add({ kind: 'array', type: char, indexType: u32, count });
  return [
    { name: 'time', type: u64, size: 8 },
    { name: 'pid', type: u32, size: 4 },
    { name: 'ppid', type: u32, size: 4 },
    { name: 'comm', type: text(16), size: 16 },
    { name: 'filename', type: text(32), size: 32 },
  ];
});

/** The same struct as a table to be walked. */
export const EXEC_FIELDS: readonly Field[] = [
  { name: 'time', kind: 'u64', offset: 0 },
  { name: 'pid', kind: 'u32', offset: 8 },
  { name: 'ppid', kind: 'u32', offset: 12 },
  { name: 'comm', kind: 'text', offset: 16, length: 16 },
  { name: 'filename', kind: 'text', offset: 32, length: 32 },
];

const DIRECTORIES = ['/bin', '/usr/bin', '/usr/local/bin', '/usr/libexec'];
const PROGRAMS = [
  'sh',
  'git',
  'sed',
  'cat',
  'grep',
  'node',
  'make',
  'clang',
  'python',
  'dirname',
  'hostname',
];

/** `count` execs of as many programs. */
export function execs(count: number): Exec[] {
  return Array.from({ length: count }, (_, i) => {
    const comm = `${PROGRAMS[i % PROGRAMS.length]}-${i}`;
    const filename = `${DIRECTORIES[i % DIRECTORIES.length]}/${comm}`;
    return { time: 1_000_000_000n * BigInt(i), pid: 1000 + i, ppid: 1 + (i % 7), comm, filename };
  });
}

/** The generated decoder. */
export function execDecoder(): Decoder<Exec> {
  return createDecoder<Exec>(execType.btf, execType.id);
}

/** Reads the lengths of the two strings, as the C reader's `strlen` does. */
function lengths({ comm, filename }: Exec): number {
  return comm.length + filename.length;
}

/** The latest object. Kept where V8 cannot prove it unused, else it would not make objects at all. */
export let latest: Exec | undefined;

function objects(fd: number, decoder: Decoder<Exec>): Drain {
  return addUp(RingBuffer.open(fd, { decoder }), (exec) => {
    latest = exec;
    return lengths(exec);
  });
}

function execWorkload(name: string, programs: number, title: string, targets: Workload['targets']): Workload {
  const events = execs(programs);
  return {
    name,
    title: `64-byte records with two strings, ${title}`,
    records: encodeAll(execType, events),
    values: events.map(lengths),
    readers: {
      cursor: (fd) => addUp(RingBuffer.open(fd, { decoder: execDecoder() }).cursor, lengths),
      objects: (fd) => objects(fd, execDecoder()),
      'field table': (fd) => objects(fd, fieldTableDecoder(EXEC_FIELDS, 64)),
    },
    reference: 'libbpf',
    targets,
  };
}

/** What a machine at work looks like: the same few dozen programs over and over. */
export const exec: Workload = execWorkload('exec', 64, 'of 64 programs; both lengths are read', [
  { peer: 'cursor', times: 3, than: 'libbpf' },
  { peer: 'objects', times: 1 / 5, than: 'field table' },
]);

/** More programs than the decoder remembers texts: nearly every string is made anew. */
export const execMany: Workload = execWorkload(
  'exec-many',
  8192,
  'of 8192 programs; both lengths are read',
  [],
);

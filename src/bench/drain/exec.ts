import type { TypeRef } from '../../spec/index.ts';
import { structOf } from './work.ts';

/** `struct exec { u64 time; u32 pid, ppid; char comm[16]; char filename[32]; }` */
export interface Exec {
  readonly time: bigint;
  readonly pid: number;
  readonly ppid: number;
  readonly comm: string;
  readonly filename: string;
}

/** `struct exec_args { u64 time; u32 pid, ppid; char comm[16]; char filename[96]; char args[384]; }` */
export interface ExecArgs extends Exec {
  readonly args: string;
}

/** 64 bytes. */
export const execType: TypeRef = typeOf('exec', { comm: 16, filename: 32 });
/** 512 bytes. */
export const execArgsType: TypeRef = typeOf('exec_args', { comm: 16, filename: 96, args: 384 });

function typeOf(name: string, texts: Readonly<Record<string, number>>): TypeRef {
  return structOf(name, (b) => {
    const u32 = b.int('u32', 4);
    const u64 = b.int('u64', 8);
    const char = b.int('char', 1, 'char');
    return [
      { name: 'time', type: u64, size: 8 },
      { name: 'pid', type: u32, size: 4 },
      { name: 'ppid', type: u32, size: 4 },
      ...Object.entries(texts).map(([name, size]) => {
        return { name, type: b.add({ kind: 'array', type: char, indexType: u32, count: size }), size };
      }),
    ];
  });
}

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
export function execs(count: number): ExecArgs[] {
  return Array.from({ length: count }, (_, i) => {
    const comm = `${PROGRAMS[i % PROGRAMS.length]}-${i}`;
    const filename = `${DIRECTORIES[i % DIRECTORIES.length]}/${comm}`;
    const args = `--input /var/lib/project/source-${i % 32}.txt --output /tmp/result`;
    return { time: 1_000_000_000n * BigInt(i), pid: 1000 + i, ppid: 1 + (i % 7), comm, filename, args };
  });
}

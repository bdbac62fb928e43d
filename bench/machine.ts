import { cpus, release } from 'node:os';

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cpus: number;
  readonly kernel: string;
  readonly arch: string;
  readonly node: string;
  readonly v8: string;
}

/** This machine. */
export function machine(): Machine {
  const all = cpus();
  const { node, v8 } = process.versions;
  return {
    cpu: all[0]?.model.trim() ?? 'unknown CPU',
    cpus: all.length,
    kernel: release(),
    arch: process.arch,
    node,
    v8,
  };
}

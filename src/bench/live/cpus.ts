import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseCpus } from '../../sys/index.ts';

/** Where consumer and producers run. */
export interface Cpus {
  readonly consumer: number;
  /** Of the producers in turn: first those that the consumer does not use. */
  readonly producers: readonly number[];
}

/** The command, on one CPU. */
export function onCpu(cpu: number, command: readonly string[]): readonly string[] {
  return ['taskset', '-c', String(cpu), ...command];
}

/** The CPUs of this process, or why consumer and producer cannot have one each. */
export function chooseCpus(): Cpus | { readonly absent: string } {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const [consumer, ...others] = parseCpus(list) as [number, ...number[]];
  if (others.length === 0) return { absent: 'producer and consumer need a CPU each, and this is one' };
  if (spawnSync('taskset', ['--version']).error !== undefined) {
    return { absent: 'no taskset here, which puts processes on CPUs; install util-linux' };
  }
  // From the other end: neighbours may be two threads of one core.
  return { consumer, producers: [...others.reverse(), consumer] };
}

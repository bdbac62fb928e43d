import { readdirSync, readFileSync } from 'node:fs';

/** What a process has cost so far. */
export interface Cost {
  /** CPU time of all threads. */
  readonly cpuNs: number;
  /** How often its threads were given a CPU. */
  readonly switches: number;
}

/** Reads it from `/proc/PID/task/TID/schedstat`: nanoseconds on a CPU, nanoseconds waiting for one, times on one. */
export function costOf(pid: number): Cost {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ').map(Number),
  );
  const sum = (column: number): number => threads.reduce((total, values) => total + values[column]!, 0);
  return { cpuNs: sum(0), switches: sum(2) };
}

/** Memory of a process that is resident, in units of 1,000,000 bytes. */
export function residentMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1];
  return (Number(kib) * 1024) / 1e6;
}

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What a process has cost so far. */
export interface Cost {
  /** User and system time in ticks of 10 ms. */
  readonly ticks: number;
  /** Context switches, voluntary and not, of all threads. */
  readonly switches: number;
}

/** Reads the cost of a process from /proc. */
export function costOf(pid: number): Cost {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which may hold anything, field 3 comes first; utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const switches = readdirSync(`/proc/${pid}/task`).map((task) => {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8');
    return [...status.matchAll(/ctxt_switches:\s+(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
  });
  return {
    ticks: Number(fields[11]) + Number(fields[12]),
    switches: switches.reduce((sum, n) => sum + n, 0),
  };
}

/** Memory of a process that is in RAM, in kB. */
export function residentKb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
}

/** What happened between two looks. */
export function costBetween(before: Cost, after: Cost): Cost {
  return { ticks: after.ticks - before.ticks, switches: after.switches - before.switches };
}

/**
 * What a process costs in a span of time: the least of a few, as V8 may have something left to do in the first of them.
 * What costs again and again does so in each.
 */
export async function leastCost(pid: number, ms: number): Promise<Cost> {
  let least: Cost = { ticks: Infinity, switches: Infinity };
  for (let span = 0; span < 5 && least.ticks + least.switches > 0; span++) {
    const before = costOf(pid);
    await delay(ms);
    const cost = costBetween(before, costOf(pid));
    if (cost.ticks + cost.switches < least.ticks + least.switches) least = cost;
  }
  return least;
}

/** Waits until a process sleeps in epoll_wait and has done so for a while: all that it had to start is done. */
export async function untilIdle(pid: number): Promise<void> {
  for (let quiet = 0, last = -1; quiet < 5; ) {
    await delay(20);
    const { switches } = costOf(pid);
    quiet = switches === last ? quiet + 1 : 0;
    last = switches;
  }
}

/** Resolves after a time. For letting time pass that is measured, not for hoping that something has happened. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Looks every few milliseconds until something holds; fails after a minute. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + 60_000;
  while (!condition()) {
    assert.ok(Date.now() < end, `waited a minute for: ${what}`);
    await delay(2);
  }
}

/** Open files of this process that BPF made, as what they are. */
export function bpfFiles(): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return 'the directory itself';
      }
    })
    .filter((target) => /bpf|btf|perf_event/.test(target));
}

/** Mappings of BPF maps in a process. */
export function ringMappings(pid: number | 'self' = 'self'): number {
  const maps = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n');
  return maps.filter((line) => line.includes('bpf-map')).length;
}

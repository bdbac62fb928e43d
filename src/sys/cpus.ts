import { readFileSync } from 'node:fs';

/** Numbers of the CPUs that run now. */
export function onlineCpus(): number[] {
  return parseCpus(readFileSync('/sys/devices/system/cpu/online', 'utf8'));
}

/** The CPUs in a list such as `0-3,8`. */
export function parseCpus(list: string): number[] {
  return list
    .trim()
    .split(',')
    .flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number) as [number, number?];
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}

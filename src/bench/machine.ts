import { readdirSync, readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cpus: number;
  readonly kernel: string;
  readonly arch: string;
  readonly node: string;
  readonly v8: string;
  /** Flaws of the CPU that the kernel works around, at a price, and flaws that it leaves open. */
  readonly mitigated: readonly string[];
  readonly vulnerable: readonly string[];
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
    ...vulnerabilities(),
  };
}

/** Documentation/ABI/testing/sysfs-devices-system-cpu; empty where the kernel does not tell. */
function vulnerabilities(): Pick<Machine, 'mitigated' | 'vulnerable'> {
  const folder = '/sys/devices/system/cpu/vulnerabilities';
  let states: [string, string][] = [];
  try {
    states = readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')]);
  } catch {
    // No such folder, or one that may not be read.
  }
  const named = (start: string): string[] =>
    states.filter(([, state]) => state.startsWith(start)).map(([name]) => name);
  return { mitigated: named('Mitigation'), vulnerable: named('Vulnerable') };
}

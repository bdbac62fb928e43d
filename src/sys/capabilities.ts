import { existsSync, readFileSync } from 'node:fs';

/** Bit numbers of the capabilities that BPF asks for (include/uapi/linux/capability.h). */
const BITS = {
  CAP_DAC_OVERRIDE: 1,
  CAP_NET_ADMIN: 12,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
  CAP_SYSLOG: 34,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;

/** Name of a capability, such as `CAP_BPF`. */
export type Capability = keyof typeof BITS;

/** The names of all capabilities that matter to BPF. */
export const CAPABILITIES: readonly Capability[] = Object.keys(BITS) as Capability[];

/** The effective capabilities of this process, as far as BPF cares, from `/proc/self/status`. */
export function effectiveCapabilities(): Set<Capability> {
  const status = readFileSync('/proc/self/status', 'utf8');
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return new Set(CAPABILITIES.filter((name) => (mask >> BigInt(BITS[name])) & 1n));
}

/** Whether capabilities of this process count for the whole machine, and so for BPF; not so in a rootless container. */
export function inInitialUserNamespace(): boolean {
  const map = '/proc/self/uid_map';
  // A kernel without user namespaces has no such file.
  return !existsSync(map) || /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync(map, 'utf8'));
}

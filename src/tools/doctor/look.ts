import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { findClang } from '../../clang/index.ts';
import {
  ATTACH_POINTS,
  findTracefs,
  haveAttach,
  haveMapType,
  haveProgramType,
  kernelRelease,
  mountsOf,
} from '../../kernel/index.ts';
import { effectiveCapabilities, inInitialUserNamespace } from '../../sys/index.ts';
import { type DoctorReport, type Finding, fail, fromProbe, ok, warn } from './finding.ts';
import {
  bpffsFinding,
  btfFinding,
  capabilitiesFinding,
  clangFinding,
  jitFinding,
  kernelFinding,
  lockdownFinding,
  memlockFinding,
  tracefsFinding,
  unprivilegedFinding,
} from './machine.ts';

const VMLINUX = '/sys/kernel/btf/vmlinux';
const SECURITYFS = '/sys/kernel/security';

/** Types of programs that see traffic, by their section names. Only loading them is tried. */
const NETWORK = { xdp: 'XDP', tc: 'SCHED_CLS', cgroup_skb: 'CGROUP_SKB', netfilter: 'NETFILTER' } as const;

/** Does what `examine` promises. */
export async function look(): Promise<DoctorReport> {
  const clang = findClang();
  const attach = ATTACH_POINTS.map((point) => fromProbe(point, haveAttach(point), 'attaches'));
  const ring = fromProbe('ring buffer', haveMapType('RINGBUF'), 'maps of type RINGBUF');
  const machine = [...lookAtMachine(), ring, lookAtUserRing(), lookAtNetwork(), clangFinding(await clang)];
  const needed = [ring, attach.find((finding) => finding.topic === 'tp_btf')!];
  const obstacle = needed.find((finding) => finding.verdict !== 'ok');
  return { works: obstacle === undefined, machine, attach, hereAndNow: concludes(obstacle, attach) };
}

function lookAtMachine(): Finding[] {
  const kernel = kernelRelease();
  const tracefs = findTracefs();
  return [
    kernelFinding(kernel),
    btfFinding(VMLINUX, statSync(VMLINUX, { throwIfNoEntry: false })?.size),
    capabilitiesFinding(effectiveCapabilities(), inInitialUserNamespace()),
    unprivilegedFinding(read('/proc/sys/kernel/unprivileged_bpf_disabled')),
    tracefsFinding(tracefs, tracefs !== undefined && isReadable(`${tracefs}/events`)),
    bpffsFinding(mountsOf('bpf')[0]),
    jitFinding(read('/proc/sys/net/core/bpf_jit_enable')),
    memlockFinding(kernel, read('/proc/self/limits') ?? ''),
    lockdownFinding(read(`${SECURITYFS}/lockdown`), mountsOf('securityfs').includes(SECURITYFS)),
  ];
}

function lookAtUserRing(): Finding {
  const finding = fromProbe('user ring', haveMapType('USER_RINGBUF'), 'maps of type USER_RINGBUF');
  return finding.verdict === 'fail' ? { ...finding, verdict: 'warn' } : finding;
}

function lookAtNetwork(): Finding {
  const names = Object.entries(NETWORK);
  const probes = names.map(([name, type]) => ({ name, ...haveProgramType(type) }));
  const loads = probes.filter((p) => p.available).map((p) => p.name);
  const refused = probes.find((p) => !p.available);
  const detail = `${loads.join(', ') || 'no'} programs load (attaching is not tried: it would touch traffic)`;
  if (refused === undefined) return ok('network', detail);
  return warn('network', `${detail}; ${refused.name}: ${refused.reason}`, refused.remedy ?? '');
}

/** @param obstacle what execsnoop lacks. */
function concludes(obstacle: Finding | undefined, attach: readonly Finding[]): Finding[] {
  const points = (verdict: Finding['verdict']): Finding[] => attach.filter((f) => f.verdict === verdict);
  const list = (findings: readonly Finding[]): string => findings.map((f) => f.topic).join(', ');
  const [works, refused, unknown] = [points('ok'), points('fail'), points('warn')];
  const remedies = [...new Set(unknown.map((f) => f.remedy ?? ''))];
  return [
    obstacle === undefined
      ? ok('execsnoop', 'works: `ringtail execsnoop` (a BTF tracepoint feeds a ring buffer)')
      : fail(
          'execsnoop',
          `does not work, for want of ${obstacle.topic}: ${obstacle.detail}`,
          obstacle.remedy ?? '',
        ),
    ...(works.length > 0 ? [ok('attaching', `works by ${list(works)}`)] : []),
    ...(refused.length > 0 ? [fail('attaching', `does not work by ${list(refused)}`, ALTERNATIVE)] : []),
    ...remedies.map((remedy) =>
      warn('attaching', `not known by ${list(unknown.filter((f) => f.remedy === remedy))}`, remedy),
    ),
  ];
}

const ALTERNATIVE = 'Attach by one of those that work, or see above what each of them needs.';

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    // Absent on this kernel, or not for this user: either way it is not known.
    return undefined;
  }
}

function isReadable(directory: string): boolean {
  try {
    accessSync(directory, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

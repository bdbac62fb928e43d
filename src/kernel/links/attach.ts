import { ArgumentError, NotSupportedError, nearest } from '../../errors/index.ts';
import type { AttachKind, Section } from '../../spec/index.ts';
import { attachCgroup, attachNetns } from './cgroup.ts';
import type { AttachableProgram } from './create.ts';
import { FAMILIES } from './families.ts';
import { attachNetkit, attachTcx, attachXdp } from './interface.ts';
import { attachIterator } from './iterator.ts';
import { attachKprobe, attachKsyscall } from './kprobe.ts';
import { attachKprobeMulti } from './kprobe-multi.ts';
import type { BpfLink } from './link.ts';
import { attachNetfilter } from './netfilter.ts';
import { attachPerfEvent } from './perf-event.ts';
import { attachSocket, attachSockmap } from './socket.ts';
import type { AttachTarget, AttachTargets } from './targets.ts';
import { attachTc } from './tc.ts';
import { attachRawTracepoint, attachTracepoint } from './tracepoint.ts';
import { attachFreplace, attachTracing } from './tracing.ts';
import { attachUprobe } from './uprobe.ts';
import { attachUprobeMulti } from './uprobe-multi.ts';
import { attachUsdt } from './usdt.ts';

const ATTACH: {
  readonly [K in keyof AttachTargets]: (program: AttachableProgram, target: AttachTargets[K]) => BpfLink;
} = {
  tracepoint: attachTracepoint,
  raw_tracepoint: attachRawTracepoint,
  tp_btf: attachTracing,
  fentry: attachTracing,
  fexit: attachTracing,
  fmod_ret: attachTracing,
  lsm: attachTracing,
  freplace: attachFreplace,
  kprobe: attachKprobe,
  kretprobe: attachKprobe,
  ksyscall: attachKsyscall,
  kretsyscall: attachKsyscall,
  'kprobe.multi': attachKprobeMulti,
  'kretprobe.multi': attachKprobeMulti,
  'kprobe.session': attachKprobeMulti,
  uprobe: attachUprobe,
  uretprobe: attachUprobe,
  'uprobe.multi': attachUprobeMulti,
  'uretprobe.multi': attachUprobeMulti,
  'uprobe.session': attachUprobeMulti,
  usdt: attachUsdt,
  iter: attachIterator,
  perf_event: attachPerfEvent,
  xdp: attachXdp,
  tcx: attachTcx,
  tc: attachTc,
  netkit: attachNetkit,
  cgroup: attachCgroup,
  sk_lookup: attachNetns,
  flow_dissector: attachNetns,
  netfilter: attachNetfilter,
  socket: attachSocket,
  sk_reuseport: attachSocket,
  sk_msg: attachSockmap,
  sk_skb: attachSockmap,
};

/** Whether a section says all that attaching its program takes. */
export function isAutomatic({ attachKind, target }: Section): boolean {
  return FAMILIES[attachKind].automatic === true && target !== undefined;
}

/**
 * Attaches a program where its section says [`bpf_program__attach`], or where `target` does.
 *
 * @param target which fields it has depends on the kind of section: see {@link AttachTargets}.
 * @throws ArgumentError for a program that is run, not attached, for a target that is incomplete or has a field that
 *   programs of the kind do not take, and where tracefs is needed but not mounted; NotSupportedError for kinds that
 *   this version or this kernel does not attach; NotFoundError with the nearest names; PermissionError,
 *   BpfSyscallError.
 * @example
 * ```ts
 * attach(object.programs.on_malloc, { binary: 'libc.so.6', symbol: 'malloc', pid: 1234 });
 * attach(object.programs.drop, { interface: 'eth0' });
 * ```
 */
export function attach(program: AttachableProgram, target: AttachTarget = {}): BpfLink {
  const { attachKind, programType } = program.section;
  if (attachKind === 'none') {
    throw new ArgumentError({
      message: `program ${program.name} is of type ${programType}, which is run or put into a map, not attached`,
      remedy: 'Call program.run(), or put it into a map.',
    });
  }
  if (!isAttachable(attachKind)) {
    throw new NotSupportedError({
      feature: `attaching ${attachKind} programs`,
      since: FAMILIES[attachKind].since,
      message: `program ${program.name}: attaching programs of kind ${attachKind} is not supported yet`,
      remedy: 'Pin the program, and attach it with bpftool or ip.',
    });
  }
  checkFields(program, attachKind, target);
  return (ATTACH[attachKind] as (p: AttachableProgram, t: AttachTarget) => BpfLink)(program, target);
}

function isAttachable(kind: AttachKind): kind is keyof AttachTargets {
  return Object.hasOwn(ATTACH, kind);
}

/** A target written for another kind of program would be half ignored. */
function checkFields(program: AttachableProgram, kind: AttachKind, target: AttachTarget): void {
  const { fields, required = [] }: { fields: readonly string[]; required?: readonly string[] } =
    FAMILIES[kind];
  const missing = required.find((field) => (target as Record<string, unknown>)[field] === undefined);
  if (missing !== undefined) {
    throw new ArgumentError({
      message: `program ${program.name}: the target of ${kind} programs needs "${missing}"`,
      remedy: `Give it: program.attach({ ${required.map((field) => `${field}: …`).join(', ')} }).`,
    });
  }
  const wrong = Object.keys(target).find((field) => !fields.includes(field));
  if (wrong === undefined) return;
  const close = nearest(wrong, fields);
  throw new ArgumentError({
    message: `program ${program.name}: ${kind} programs take no "${wrong}"`,
    remedy: `They take: ${(close.length > 0 ? close : fields).join(', ')}.`,
  });
}

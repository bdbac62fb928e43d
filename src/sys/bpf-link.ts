import { Attr } from './attr.ts';
import { bpf, type CommandName, tryBpf } from './call.ts';
import { type Failure, failure, TRACING_CAPABILITIES } from './failure.ts';

/** Who may attach programs of a family, and what to do where that fails. */
export type AttachHints = Pick<Failure, 'needs' | 'remedy'>;

/** Hints for what observes the kernel. */
export const TRACING: AttachHints = { needs: TRACING_CAPABILITIES };

/** Hints for what takes part in networking. */
export const NETWORKING: AttachHints = { needs: ['CAP_BPF + CAP_NET_ADMIN', 'CAP_SYS_ADMIN'] };

/**
 * `BPF_RAW_TRACEPOINT_OPEN`: attaches a raw tracepoint program by the tracepoint's name, or, without a name, a
 * TRACING, LSM or EXT program to what it was loaded for.
 *
 * @param cookie what `bpf_get_attach_cookie` returns in the program (kernel 6.10).
 * @returns the link's fd.
 */
export function rawTracepointOpen(
  program: number,
  name: string | undefined,
  what: string,
  cookie?: bigint,
): number {
  // Without a cookie the union is as short as kernels before 6.10 know it.
  const attr = new Attr(cookie === undefined ? 16 : 24).u32(8, program);
  if (name !== undefined) attr.string(0, name);
  if (cookie !== undefined) attr.u64(16, cookie);
  return bpf('RAW_TRACEPOINT_OPEN', attr, what, TRACING);
}

/** The fields of `BPF_LINK_CREATE` that all families share. */
export interface LinkCreate {
  /** fd of the program. */
  readonly program: number;
  /** fd or interface index of what it is attached to; 0 where the family names it otherwise. */
  readonly target?: number;
  /** AttachType. */
  readonly attachType: number;
  /** Flags of the family. */
  readonly flags?: number;
  /** Writes the family's own fields, from byte 16 on, into the union. */
  readonly fill?: (attr: Attr) => void;
}

/** Byte in `union bpf_attr` at which the families' own fields of `BPF_LINK_CREATE` begin. */
export const LINK_FIELDS = 16;

const BPF_F_MULTI_RETURN = 1;

/** Fields of a link of type `TRACE_KPROBE_MULTI`: functions by name. */
export function kprobeMultiFields(probe: {
  readonly symbols: readonly string[];
  readonly returns?: boolean;
  /** One for each of `symbols`. */
  readonly cookies?: readonly bigint[] | undefined;
}): (attr: Attr) => void {
  return (attr) => {
    attr.u32(LINK_FIELDS, probe.returns ? BPF_F_MULTI_RETURN : 0).u32(LINK_FIELDS + 4, probe.symbols.length);
    attr.stringArray(LINK_FIELDS + 8, probe.symbols);
    if (probe.cookies !== undefined) attr.u64Array(LINK_FIELDS + 24, probe.cookies);
  };
}

/** Fields of a link of type `TRACE_UPROBE_MULTI`: places of a file. */
export function uprobeMultiFields(probe: {
  readonly path: string;
  /** In the file, in bytes. */
  readonly offsets: readonly number[];
  readonly returns?: boolean;
  /** One for each of `offsets`. */
  readonly cookies?: readonly bigint[] | undefined;
  /** Only this process; 0: all. */
  readonly pid: number;
}): (attr: Attr) => void {
  return (attr) => {
    attr.string(LINK_FIELDS, probe.path).u64Array(LINK_FIELDS + 8, probe.offsets);
    if (probe.cookies !== undefined) attr.u64Array(LINK_FIELDS + 24, probe.cookies);
    attr.u32(LINK_FIELDS + 32, probe.offsets.length);
    attr.u32(LINK_FIELDS + 36, probe.returns ? BPF_F_MULTI_RETURN : 0).u32(LINK_FIELDS + 40, probe.pid);
  };
}

/** `BPF_LINK_CREATE`. @returns the link's fd, or `-errno`. */
export function tryLinkCreate(link: LinkCreate): number {
  const attr = new Attr(64)
    .u32(0, link.program)
    .u32(4, link.target ?? 0)
    .u32(8, link.attachType)
    .u32(12, link.flags ?? 0);
  link.fill?.(attr);
  return tryBpf('LINK_CREATE', attr);
}

/** {@link tryLinkCreate}. @returns the link's fd. */
export function linkCreate(link: LinkCreate, what: string): number {
  const fd = tryLinkCreate(link);
  if (fd < 0) throw failure({ command: 'BPF_LINK_CREATE', what, errno: -fd, ...TRACING });
  return fd;
}

const BPF_F_REPLACE = 1 << 2;

/** `BPF_LINK_UPDATE`: puts another program in the place of a link's own; only if that is still `expected`, if given. */
export function linkUpdate(link: number, program: number, expected: number | undefined, what: string): void {
  const attr = new Attr(16).u32(0, link).u32(4, program);
  if (expected !== undefined) attr.u32(8, BPF_F_REPLACE).u32(12, expected);
  bpf('LINK_UPDATE', attr, what, {
    remedy: 'Links of this family, or this pair of programs, cannot be exchanged: close it, and attach anew.',
  });
}

/** `BPF_LINK_DETACH`: ends an attachment while its link lives on. */
export function linkDetach(link: number, what: string): void {
  bpf('LINK_DETACH', new Attr(4).u32(0, link), what, {
    remedy: 'Links of this family cannot be detached by force: close it, and remove its pin.',
  });
}

/** `BPF_ITER_CREATE`: one run of an iterator. @returns an fd to read its output from. */
export function iteratorCreate(link: number, what: string): number {
  return bpf('ITER_CREATE', new Attr(8).u32(0, link), what);
}

/** What `BPF_PROG_ATTACH` and `BPF_PROG_DETACH` are about: attachments that have no link. */
export interface ProgramAttach {
  readonly program: number;
  /** fd of what it is attached to. */
  readonly target: number;
  /** AttachType. */
  readonly attachType: number;
}

/** `BPF_PROG_ATTACH`. The attachment lasts until {@link programDetach}, or for as long as its target. */
export function programAttach(attach: ProgramAttach, what: string): void {
  onProgram('PROG_ATTACH', attach, what);
}

/** `BPF_PROG_DETACH`. */
export function programDetach(attach: ProgramAttach, what: string): void {
  onProgram('PROG_DETACH', attach, what);
}

function onProgram(command: CommandName, { program, target, attachType }: ProgramAttach, what: string): void {
  const attr = new Attr(16).u32(0, target).u32(4, program).u32(8, attachType);
  const result = tryBpf(command, attr);
  if (result < 0) throw failure({ command: `BPF_${command}`, what, errno: -result, ...NETWORKING });
}

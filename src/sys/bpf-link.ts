import { AttachType } from '../spec/index.ts';
import { Attr } from './attr.ts';
import { bpf } from './call.ts';
import { TRACING_CAPABILITIES } from './failure.ts';

const TRACING = { needs: TRACING_CAPABILITIES };

/**
 * `BPF_RAW_TRACEPOINT_OPEN`: attaches a raw tracepoint program by the tracepoint's name, or, without a name, a
 * TRACING or LSM program to what it was loaded for. @returns the link's fd.
 */
export function rawTracepointOpen(program: number, name: string | undefined, what: string): number {
  const attr = new Attr(16).u32(8, program);
  if (name !== undefined) attr.string(0, name);
  return bpf('RAW_TRACEPOINT_OPEN', attr, what, TRACING);
}

/** `BPF_LINK_CREATE`. @returns the link's fd. */
export function linkCreate(program: number, target: number, attachType: number, what: string): number {
  const attr = new Attr(48).u32(0, program).u32(4, target).u32(8, attachType);
  return bpf('LINK_CREATE', attr, what, TRACING);
}

/**
 * `BPF_LINK_CREATE` of type `TRACE_KPROBE_MULTI`: one program at the entry of many kernel functions. @returns the link's fd.
 *
 * @param functions names as in `/proc/kallsyms`.
 */
export function kprobeMultiCreate(program: number, functions: readonly string[], what: string): number {
  const names = new Attr(8 * functions.length);
  for (const [i, name] of functions.entries()) names.string(8 * i, name);
  const attr = new Attr(48).u32(0, program).u32(8, AttachType.TRACE_KPROBE_MULTI);
  attr.u32(20, functions.length).reference(24, names);
  return bpf('LINK_CREATE', attr, what, TRACING);
}

/**
 * `BPF_LINK_CREATE` of type `TRACE_UPROBE_MULTI`: one program at many places of a file. @returns the link's fd.
 *
 * @param offsets in the file, in bytes.
 * @param pid of the only process to trace.
 */
export function uprobeMultiCreate(
  program: number,
  { path, offsets, pid }: { path: string; offsets: readonly number[]; pid: number },
  what: string,
): number {
  const places = new Attr(8 * offsets.length);
  for (const [i, offset] of offsets.entries()) places.u64(8 * i, offset);
  const attr = new Attr(64).u32(0, program).u32(8, AttachType.TRACE_UPROBE_MULTI);
  attr.string(16, path).reference(24, places).u32(48, offsets.length).u32(56, pid);
  return bpf('LINK_CREATE', attr, what, TRACING);
}

/** `BPF_ITER_CREATE`: one run of an iterator. @returns an fd to read its output from. */
export function iteratorCreate(link: number, what: string): number {
  return bpf('ITER_CREATE', new Attr(8).u32(0, link), what);
}

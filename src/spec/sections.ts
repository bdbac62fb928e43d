import { ArgumentError, NotSupportedError, nearest } from '../errors/index.ts';
import { AttachType, type AttachTypeName, type ProgramTypeName } from './constants.ts';

/** How a program of a section is attached; `none` programs are run on request. */
export type AttachKind = 'tracepoint' | 'raw_tracepoint' | 'tp_btf' | 'iter' | 'none';

/** What a section name says about a program. */
export interface Section {
  readonly programType: ProgramTypeName;
  readonly attachKind: AttachKind;
  /** Value of `expected_attach_type`. */
  readonly attachType: number;
  /** What follows the first slash: a tracepoint, a type of iterator. */
  readonly target?: string;
}

interface Row {
  readonly type: ProgramTypeName;
  readonly kind: AttachKind;
  readonly attachType?: AttachTypeName;
  /** The form of what must follow the slash; none may where there is none. */
  readonly target?: string;
}

/** libbpf's `section_defs` (src/libbpf.c), as far as this version attaches. */
const ROWS: Record<string, Row> = {
  tracepoint: { type: 'TRACEPOINT', kind: 'tracepoint', target: 'CATEGORY/NAME' },
  tp: { type: 'TRACEPOINT', kind: 'tracepoint', target: 'CATEGORY/NAME' },
  raw_tracepoint: { type: 'RAW_TRACEPOINT', kind: 'raw_tracepoint', target: 'NAME' },
  raw_tp: { type: 'RAW_TRACEPOINT', kind: 'raw_tracepoint', target: 'NAME' },
  tp_btf: { type: 'TRACING', kind: 'tp_btf', attachType: 'TRACE_RAW_TP', target: 'NAME' },
  iter: { type: 'TRACING', kind: 'iter', attachType: 'TRACE_ITER', target: 'NAME' },
  syscall: { type: 'SYSCALL', kind: 'none' },
  socket: { type: 'SOCKET_FILTER', kind: 'none' },
  tc: { type: 'SCHED_CLS', kind: 'none' },
};

/**
 * Reads a section name as libbpf does: `tp_btf/sched_process_exec`, `tracepoint/syscalls/sys_enter_execve`.
 *
 * @throws NotSupportedError for a section this version does not know; ArgumentError for one without its target.
 */
export function parseSection(section: string): Section {
  const slash = section.indexOf('/');
  const name = slash < 0 ? section : section.slice(0, slash);
  const target = slash < 0 ? '' : section.slice(slash + 1);
  const row = Object.hasOwn(ROWS, name) ? ROWS[name] : undefined;
  if (row === undefined) {
    const close = nearest(name, Object.keys(ROWS));
    throw new NotSupportedError({
      feature: `section ${name}`,
      message: `section "${section}": programs of "${name}" are not supported`,
      remedy: `Use one of: ${(close.length > 0 ? close : Object.keys(ROWS)).join(', ')}.`,
    });
  }
  const words = row.target === undefined ? 0 : row.target.split('/').length;
  if (words !== (target === '' ? 0 : target.split('/').length)) {
    throw new ArgumentError({
      message: `section "${section}" does not say what to attach to`,
      remedy: `Write it as ${row.target === undefined ? name : `${name}/${row.target}`}.`,
    });
  }
  return {
    programType: row.type,
    attachKind: row.kind,
    attachType: row.attachType === undefined ? 0 : AttachType[row.attachType],
    ...(target === '' ? {} : { target }),
  };
}

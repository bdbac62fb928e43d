import { ArgumentError, NotSupportedError, nearest } from '../errors/index.ts';
import { AttachType, ProgramFlags, type ProgramTypeName } from './constants.ts';
import { type AttachKind, SECTIONS } from './sections.table.ts';

export type { AttachKind } from './sections.table.ts';

/** What a section name says about a program. */
export interface Section {
  readonly programType: ProgramTypeName;
  readonly attachKind: AttachKind;
  /** Value of `expected_attach_type`. */
  readonly attachType: number;
  /** ProgramFlags. */
  readonly flags: number;
  /** What follows the first slash: a tracepoint, a type of iterator, a function. Absent where the section names none. */
  readonly target?: string;
}

/** The form that a target has, of the kinds that have another one than a single name. */
const TARGETS: Partial<Record<AttachKind, string>> = { tracepoint: 'CATEGORY/NAME' };

/**
 * Reads a section name as libbpf does: `tp_btf/sched_process_exec`, `tracepoint/syscalls/sys_enter_execve`, `kprobe`
 * for one whose target is given when it is attached.
 *
 * @throws NotSupportedError for a section this version does not know; ArgumentError for a target of the wrong form.
 */
export function parseSection(section: string): Section {
  const slash = section.indexOf('/');
  const name = slash < 0 ? section : section.slice(0, slash);
  const target = slash < 0 ? '' : section.slice(slash + 1);
  const exact = Object.hasOwn(SECTIONS, section) ? SECTIONS[section] : undefined;
  const row = exact ?? (Object.hasOwn(SECTIONS, `${name}+`) ? SECTIONS[`${name}+`] : undefined);
  if (row === undefined) throw unknown(section, name);
  const [programType, attachKind, attachType] = row;
  if (attachKind === 'struct_ops') {
    throw new NotSupportedError({
      feature: 'struct_ops',
      message: `section "${section}": struct_ops programs are not supported yet`,
      remedy: 'Leave them out of the object.',
    });
  }
  const form = TARGETS[attachKind];
  if (form !== undefined && target !== '') checkTarget(section, name, target, form);
  const maySleep = name.endsWith('.s') || programType === 'SYSCALL';
  const takesPieces = name.endsWith('.frags');
  return {
    programType,
    attachKind,
    attachType: attachType === undefined ? 0 : AttachType[attachType],
    flags: (maySleep ? ProgramFlags.SLEEPABLE : 0) | (takesPieces ? ProgramFlags.XDP_HAS_FRAGS : 0),
    ...(exact === undefined && target !== '' ? { target } : {}),
  };
}

function checkTarget(section: string, name: string, target: string, form: string): void {
  if (target.split('/').length === form.split('/').length) return;
  throw new ArgumentError({
    message: `section "${section}" does not say what to attach to`,
    remedy: `Write it as ${name}/${form}.`,
  });
}

function unknown(section: string, name: string): NotSupportedError {
  const names = Object.keys(SECTIONS).map((key) => key.replace('+', ''));
  const close = nearest(name, names);
  return new NotSupportedError({
    feature: `section ${name}`,
    message: `section "${section}": libbpf knows no programs of that name`,
    remedy: `Use ${close.length > 0 ? `one like: ${close.join(', ')}` : 'one of the names that libbpf documents'}.`,
  });
}

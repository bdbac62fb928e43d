import { Btf, type BtfKindName } from '../btf/index.ts';
import { ArgumentError, NotFoundError, nearest } from '../errors/index.ts';
import type { AttachKind, Section } from '../spec/index.ts';
import { btfBytes, closeFd, openById, programInfo } from '../sys/index.ts';
import { vmlinuxBtf } from './machine.ts';
import { findInModules } from './module-types.ts';

/** What a tracing program is attached to, which the kernel wants to know when it is loaded. */
export interface AttachPlace {
  /** `attach_btf_id`: a function or tracepoint. */
  readonly id: number;
  /** `attach_btf_obj_fd` of a module, or `attach_prog_fd`; absent for the kernel itself. */
  readonly fd?: number;
  /** To be called when the program is loaded. */
  readonly release: () => void;
}

/** Another program, as the target of an fentry, fexit or freplace program. */
export interface AttachTo {
  readonly program: { readonly fd: number };
  /** Function of that program; the section's target where absent. */
  readonly function?: string;
}

/** Kind and prefix of the BTF type of what a program of a section attaches to. */
const TYPES: Partial<Record<AttachKind, readonly [BtfKindName, prefix: string]>> = {
  tp_btf: ['typedef', 'btf_trace_'],
  iter: ['func', 'bpf_iter_'],
  lsm: ['func', 'bpf_lsm_'],
  cgroup: ['func', 'bpf_lsm_'],
  fentry: ['func', ''],
  fexit: ['func', ''],
  fmod_ret: ['func', ''],
  freplace: ['func', ''],
};

const NONE: AttachPlace = { id: 0, release: () => {} };

/**
 * Finds what the program of a section will be attached to [`libbpf_find_attach_btf_id`]: in the kernel, in one of its
 * modules (`fentry/nf_tables:nft_do_chain` names it), or in another program.
 *
 * @throws NotFoundError with the nearest names; ArgumentError for a section that does not say; PermissionError for a module
 *   without CAP_SYS_ADMIN, which ids take.
 */
export function attachPlace(program: string, section: Section, to: AttachTo | undefined): AttachPlace {
  const { attachKind, programType, target } = section;
  const type = TYPES[attachKind];
  if (type === undefined || (attachKind === 'cgroup' && programType !== 'LSM')) return NONE;
  if (to !== undefined) {
    return { ...NONE, id: programFunction(to.program, to.function ?? target ?? ''), fd: to.program.fd };
  }
  if (target === undefined || attachKind === 'freplace') {
    throw new ArgumentError({
      message: `program ${program}: what ${attachKind} programs attach to must be known when they are loaded`,
      remedy:
        attachKind === 'freplace'
          ? `Load it with programs: { ${program}: { attachTo: { program, function } } }.`
          : `Name it behind a slash: SEC("${attachKind}/…").`,
    });
  }
  const [kind, prefix] = type;
  const [module, name] = target.includes(':')
    ? (target.split(':', 2) as [string, string])
    : [undefined, target];
  const typeName = `${prefix}${name}`;
  const id = module === undefined ? vmlinuxBtf().find(kind, typeName) : undefined;
  if (id !== undefined) return { ...NONE, id };
  const found = findInModules(kind, typeName, module);
  if (found !== undefined) return { ...found, release: () => closeFd(found.fd) };
  throw noTarget(program, kind, prefix, name, module);
}

function noTarget(
  program: string,
  kind: BtfKindName,
  prefix: string,
  name: string,
  module: string | undefined,
): NotFoundError {
  const names = [...vmlinuxBtf().names(kind)]
    .filter((n) => n.startsWith(prefix))
    .map((n) => n.slice(prefix.length));
  const close = nearest(name, new Set(names));
  return new NotFoundError({
    message: `program ${program}: ${module === undefined ? 'this kernel' : `module ${module}`} has no BTF for "${name}" to attach to`,
    remedy:
      close.length > 0
        ? `Near it: ${close.join(', ')}.`
        : 'It is not there, was inlined, or is in a module not loaded.',
  });
}

/**
 * Type id of a function of a program, in that program's BTF.
 *
 * @throws NotFoundError with the nearest names; PermissionError: other programs' BTF needs CAP_SYS_ADMIN.
 */
export function programFunction(program: { readonly fd: number }, name: string): number {
  const { btfId, name: programName } = programInfo(program.fd, 'the program to attach to');
  if (btfId === 0) {
    throw new NotFoundError({
      message: `program ${programName} was loaded without BTF, and its functions have no names`,
      remedy: 'Compile it with -g, and load it with its BTF.',
    });
  }
  const fd = openById('BTF', btfId);
  try {
    return Btf.parse(btfBytes(fd, `BTF of program ${programName}`), { name: `program ${programName}` }).get(
      'func',
      name,
    );
  } finally {
    closeFd(fd);
  }
}

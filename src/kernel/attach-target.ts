import { Btf, type BtfKindName } from '../btf/index.ts';
import { ArgumentError, BpfSyscallError, NotFoundError, nearest, PermissionError } from '../errors/index.ts';
import type { AttachKind, Section } from '../spec/index.ts';
import { btfBytes, btfInfo, closeFd, objectIds, openById, programInfo } from '../sys/index.ts';
import { vmlinuxBtf } from './machine.ts';

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
  const found = inModules(kind, typeName, module);
  if (found !== undefined) return found;
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
 * Modules are searched through the kernel's list, since their fds are needed. Who may not see it finds nothing; who named a
 * module is told why.
 */
function inModules(kind: BtfKindName, name: string, module: string | undefined): AttachPlace | undefined {
  try {
    for (const btfId of objectIds('BTF')) {
      const fd = openUnlessGone(btfId);
      if (fd === undefined) continue;
      let id: number | undefined;
      try {
        id = idInModule(fd, kind, name, module);
      } finally {
        if (id === undefined) closeFd(fd);
      }
      if (id !== undefined) return { id, fd, release: () => closeFd(fd) };
    }
  } catch (error) {
    if (module !== undefined || !(error instanceof PermissionError)) throw error;
  }
  return undefined;
}

/** The list holds the BTF of programs too, which come and go with other processes. */
function openUnlessGone(btfId: number): number | undefined {
  try {
    return openById('BTF', btfId);
  } catch (error) {
    if (error instanceof BpfSyscallError && error.errno === 'ENOENT') return undefined;
    throw error;
  }
}

function idInModule(
  fd: number,
  kind: BtfKindName,
  name: string,
  module: string | undefined,
): number | undefined {
  const info = btfInfo(fd, 'a BTF object');
  if (!info.isKernel || info.name === 'vmlinux' || (module !== undefined && info.name !== module))
    return undefined;
  const btf = Btf.parse(btfBytes(fd, `BTF of ${info.name}`), { base: vmlinuxBtf(), name: info.name });
  return findOwn(btf, kind, name);
}

/** Id of the type of a module, whether or not the kernel, on whose types it builds, has one of that name too. */
export function findOwn(module: Btf, kind: BtfKindName, name: string): number | undefined {
  const inherited = module.base?.typeCount ?? 0;
  for (const id of module.findAll(kind, name)) if (id > inherited) return id;
  return undefined;
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

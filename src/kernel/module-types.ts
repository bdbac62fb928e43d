import { Btf, type BtfKindName } from '../btf/index.ts';
import { BpfSyscallError, PermissionError } from '../errors/index.ts';
import { btfBytes, btfInfo, closeFd, objectIds, openById } from '../sys/index.ts';
import { vmlinuxBtf } from './machine.ts';

/** A type that a module of the kernel has. */
export interface ModuleType {
  readonly id: number;
  /** Of the module's BTF: whoever asked for it closes it. */
  readonly fd: number;
}

/**
 * Finds a type among those that modules add to the kernel's. They are searched through the kernel's list, since their fds
 * are needed. Who may not see it finds nothing; who named a module is told why.
 *
 * @param module where to look; in all of them without it.
 * @throws PermissionError for a module without CAP_SYS_ADMIN, which ids take.
 */
export function findInModules(kind: BtfKindName, name: string, module?: string): ModuleType | undefined {
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
      if (id !== undefined) return { id, fd };
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

/** A function or variable of a module, as an instruction names it. */
export interface ModuleSymbol extends ModuleType {
  /** Place of the module's BTF in `fd_array`. */
  readonly index: number;
}

/** What a program uses of modules. It is asked for once by each name; closing it closes all fds. */
export class ModuleSymbols implements Disposable {
  readonly #found: Map<string, ModuleSymbol> = new Map();

  /** Undefined where no module has it. */
  find(kind: 'func' | 'var', name: string): ModuleSymbol | undefined {
    const key = `${kind} ${name}`;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const type = findInModules(kind, name);
    if (type === undefined) return undefined;
    const symbol = { ...type, index: this.#found.size + 1 };
    this.#found.set(key, symbol);
    return symbol;
  }

  /** `fd_array` of `BPF_PROG_LOAD`, whose first place is the kernel's own and is not read; undefined where nothing was found. */
  get fdArray(): readonly number[] | undefined {
    return this.#found.size === 0 ? undefined : [0, ...[...this.#found.values()].map(({ fd }) => fd)];
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#found.values()) closeFd(fd);
    this.#found.clear();
  }
}

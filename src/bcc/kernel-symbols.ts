import { readFileSync } from 'node:fs';
import { NotFoundError, nearest } from '../errors/index.ts';
import { availableTracepoints, hiddenSymbols, kernelFunctions } from '../kernel/index.ts';
import { AddressTable } from './address-table.ts';

/** What `ksym()` and `sym()` call an address that belongs to nothing known. */
export const UNKNOWN = '[unknown]';

/** How a symbol is printed. */
export interface SymbolOptions {
  /** With the module, library or program: `ext4_sync_file [ext4]`. */
  readonly showModule?: boolean;
  /** With the distance from where the function begins: `vfs_read+0x4a`. */
  readonly showOffset?: boolean;
}

interface KernelSymbol {
  readonly name: string;
  readonly module: string;
}

/** The kernel's symbols by address, from `/proc/kallsyms`, read at the first question (some 100 ms). */
export class KernelSymbols {
  #table: AddressTable<KernelSymbol> | undefined;
  readonly #addresses: Map<string, bigint> = new Map();

  /** The function or object that an address is in. */
  nameOf(address: bigint, options: SymbolOptions): string {
    const found = this.#read().find(address);
    if (found === undefined) return UNKNOWN;
    const { value, offset } = found;
    return symbolText(value.name, offset, value.module, options);
  }

  /** Where a symbol is: the first of that name. @throws NotFoundError with the nearest names. */
  addressOf(name: string): bigint {
    this.#read();
    const address = this.#addresses.get(name);
    if (address !== undefined) return address;
    throw new NotFoundError({
      message: `this kernel has no symbol "${name}"`,
      remedy: `Near it: ${nearest(name, this.#addresses.keys()).join(', ') || 'none'}; see /proc/kallsyms.`,
    });
  }

  #read(): AddressTable<KernelSymbol> {
    if (this.#table !== undefined) return this.#table;
    const table = new AddressTable<KernelSymbol>();
    for (const line of readFileSync('/proc/kallsyms', 'latin1').split('\n')) {
      const [, hex, type, name, module = 'kernel'] = /^(\S+) (\S) (\S+)(?:\s+\[(\S+)\])?/.exec(line) ?? [];
      if (hex === undefined || name === undefined) continue;
      const address = BigInt(`0x${hex}`);
      if (!this.#addresses.has(name)) this.#addresses.set(name, address);
      if (/[tTwW]/.test(type!)) table.add(address, { name, module });
    }
    if ([...this.#addresses.values()].every((address) => address === 0n)) throw hiddenSymbols();
    this.#table = table;
    return table;
  }
}

/** A symbol as BCC prints it: `name+0xoffset [module]`. */
export function symbolText(
  name: string,
  offset: bigint,
  module: string,
  { showModule = false, showOffset = false }: SymbolOptions,
): string {
  return `${name}${showOffset ? `+0x${offset.toString(16)}` : ''}${showModule ? ` [${module}]` : ''}`;
}

/** Names of the kernel's functions that match, without those on which it allows no probes. */
export function kprobeFunctions(pattern: RegExp): string[] {
  const forbidden = blacklist();
  const names = new Set<string>();
  for (const name of kernelFunctions()) {
    if (pattern.test(name) && !forbidden.has(name)) names.add(name);
  }
  return [...names];
}

/** Functions that the kernel probes nowhere; none known where debugfs is not mounted. */
function blacklist(): Set<string> {
  try {
    const text = readFileSync('/sys/kernel/debug/kprobes/blacklist', 'latin1');
    return new Set([...text.matchAll(/\t(\S+)$/gm)].map(([, name]) => name!));
  } catch {
    return new Set();
  }
}

/** Tracepoints that match, as `category:event`. @throws ArgumentError where tracefs is not mounted; PermissionError. */
export function tracepoints(pattern: RegExp): string[] {
  return availableTracepoints().filter((name) => pattern.test(name));
}

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { elfFunctions } from '../elf/index.ts';
import { RingtailError } from '../errors/index.ts';
import { openBinary } from '../kernel/index.ts';
import { AddressTable } from './address-table.ts';
import { type SymbolOptions, symbolText, UNKNOWN } from './kernel-symbols.ts';

/** A part of a file in the memory of a process. */
interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
  /** Of its beginning, in the file. */
  readonly offset: bigint;
  readonly path: string;
}

/** Functions in the memory of processes, by the files that are mapped there. */
export class ProcessSymbols {
  /** By path as this process sees it. */
  readonly #files: Map<string, AddressTable<string>> = new Map();

  /** The function that an address of a process is in; `[unknown]` when the process is gone, or the file has no names. */
  nameOf(address: bigint, pid: number, options: SymbolOptions): string {
    const mapping = mappings(pid).find(({ start, end }) => address >= start && address < end);
    if (mapping === undefined) return UNKNOWN;
    const found = this.#functions(`/proc/${pid}/root${mapping.path}`).find(
      address - mapping.start + mapping.offset,
    );
    if (found === undefined) return UNKNOWN;
    return symbolText(found.value, found.offset, basename(mapping.path), options);
  }

  #functions(path: string): AddressTable<string> {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const table = new AddressTable<string>();
    try {
      for (const { name, offset } of elfFunctions(openBinary(path))) table.add(BigInt(offset), name);
    } catch (error) {
      // Not every file that is mapped is a program that can be read, nor every program whole.
      if (!(error instanceof RingtailError)) throw error;
    }
    this.#files.set(path, table);
    return table;
  }
}

/** `/proc/PID/maps`, as far as files are mapped. */
function mappings(pid: number): Mapping[] {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/maps`, 'utf8');
  } catch {
    return []; // it has ended
  }
  return [...text.matchAll(/^(\w+)-(\w+) \S+ (\w+) \S+ \d+ +(\/.*)$/gm)].map(
    ([, start, end, offset, path]) => ({
      start: BigInt(`0x${start}`),
      end: BigInt(`0x${end}`),
      offset: BigInt(`0x${offset}`),
      path: path!,
    }),
  );
}

import { MapTable } from './table.ts';

/** A table that `BPF_STACK_TRACE` declares. */
export class StackTable extends MapTable<number, { ip: bigint[] }> {
  /**
   * The addresses of a stack, innermost first; none where it was not kept: a negative id is an error of `get_stackid()`.
   *
   * @param resolve makes something else of each, such as a name: `(address) => b.ksym(address)`.
   */
  walk(id: number): bigint[];
  walk<T>(id: number, resolve: (address: bigint) => T): T[];
  walk<T>(id: number, resolve?: (address: bigint) => T): (bigint | T)[] {
    const addresses = id < 0 ? [] : (this.map.stack(id) ?? []);
    return resolve === undefined ? addresses : addresses.map(resolve);
  }

  keys(): Generator<number> {
    return this.map.keys();
  }

  /** Forgets a stack. @returns whether it was there. */
  delete(id: number): boolean {
    return this.map.delete(id);
  }

  /** Forgets all stacks. */
  clear(): void {
    for (const id of this.map.keys()) this.map.delete(id);
  }
}

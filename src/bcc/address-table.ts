/** What begins at an address reaches to where the next begins. */
export class AddressTable<T> {
  readonly #entries: { readonly address: bigint; readonly value: T }[] = [];
  #sorted = true;

  add(address: bigint, value: T): void {
    this.#entries.push({ address, value });
    this.#sorted = false;
  }

  /** What an address is in, and how far behind its beginning; undefined before the first. */
  find(address: bigint): { value: T; offset: bigint } | undefined {
    const entries = this.#entries;
    if (!this.#sorted) {
      entries.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
      this.#sorted = true;
    }
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (entries[middle]!.address <= address) low = middle + 1;
      else high = middle;
    }
    const entry = entries[low - 1];
    return entry && { value: entry.value, offset: address - entry.address };
  }
}

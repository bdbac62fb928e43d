/** A place in code, relative to a symbol. */
export interface Place {
  readonly symbol: string;
  /** In bytes. */
  readonly offset: number;
}

/** Reads `do_unlinkat`, `do_unlinkat+0x10`, `malloc+4`. */
export function parsePlace(text: string): Place {
  const [, symbol, offset] = /^(.+?)\+(0x[0-9a-f]+|\d+)$/i.exec(text) ?? [];
  return symbol === undefined ? { symbol: text, offset: 0 } : { symbol, offset: Number(offset) };
}

/** A test for names by a pattern in which `*` is any text and `?` any one character, as libbpf's `glob_match`. */
export function matcher(pattern: string): (name: string) => boolean {
  return (name) => matches(pattern, name);
}

/** Goes back to the last star only, so that it takes the product of both lengths at most. */
function matches(pattern: string, name: string): boolean {
  let [p, n, star, resume] = [0, 0, -1, 0];
  while (n < name.length) {
    if (pattern[p] === '*') [star, resume, p] = [p, n, p + 1];
    else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) [p, n] = [p + 1, n + 1];
    else if (star >= 0) [p, n, resume] = [star + 1, resume + 1, resume + 1];
    else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

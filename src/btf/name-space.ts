/** A name of which every character can stand in an identifier of C and TypeScript: others become `_`. */
export function asIdentifier(name: string): string {
  return name.replace(/\W/g, '_').replace(/^(?=\d)/, '_');
}

/** A string literal of TypeScript: it ends where the text does and stays on its line, whatever is in it. */
export function asLiteral(text: string): string {
  const escaped = JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return /['"]/.test(text) ? escaped : `'${escaped.slice(1, -1)}'`;
}

/** Names of which each can be taken once. */
export class NameSpace {
  readonly #names: Set<string> = new Set();
  /** By name the highest number that a `___` of it has. */
  readonly #numbers: Map<string, number> = new Map();

  /** Takes a name, or if it is taken the next that is made from it. */
  claim(name: string): string {
    const { size } = this.#names;
    return this.#names.add(name).size > size ? name : this.next(name);
  }

  /** Takes a name that is made from another. */
  next(name: string): string {
    let number = this.#numbers.get(name) ?? 1;
    let next: string;
    do next = `${name}___${++number}`;
    while (this.#names.has(next));
    this.#numbers.set(name, number);
    this.#names.add(next);
    return next;
  }
}

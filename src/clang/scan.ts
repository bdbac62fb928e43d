import { CHARACTER, COMMENT, DIRECTIVE, TEXT } from './lexical.ts';

/** An `#include`. */
export interface Include {
  readonly name: string;
  /** Whether it is written in quotes, not in angle brackets. */
  readonly quoted: boolean;
}

/** What a text in C says about itself without being parsed: enough to know what must stand before it. */
export interface Scan {
  /** Every identifier, those within macros too. */
  readonly words: ReadonlySet<string>;
  readonly includes: readonly Include[];
  /** Names of the macros that it defines. */
  readonly macros: ReadonlySet<string>;
  /** Names that it gives to structs, unions and enums. */
  readonly tags: ReadonlySet<string>;
  /** Names that it gives to typedefs, constants of enums, functions and variables, and to macros before `vmlinux.h`. */
  readonly ordinary: ReadonlySet<string>;
  /** Helpers that it declares by hand: `static long (*bpf_ringbuf_output)(…) = (void *)BPF_FUNC_ringbuf_output`. */
  readonly helpers: ReadonlySet<string>;
}

/** Comments, directives, texts, words, numbers, the rest one by one. */
const TOKEN = new RegExp(
  String.raw`${COMMENT}|^${DIRECTIVE}|${TEXT}|${CHARACTER}|[A-Za-z_]\w*|\d[\w.]*|\S`,
  'gm',
);

const OPENING = new Set(['{', '(', '[']);
const CLOSING = new Set(['}', ')', ']']);
/** What stands behind a name that is being declared. */
const BEHIND_NAME = new Set([
  '(',
  '[',
  '=',
  ';',
  ',',
  'SEC',
  '__attribute__',
  '__ksym',
  '__kconfig',
  '__weak',
]);

/**
 * Scans a text in C.
 *
 * @example
 * scanC('#include "vmlinux.h"\nstruct event { u32 pid; };').tags; // Set { 'event' }
 */
export function scanC(text: string): Scan {
  const scan = new Scanner();
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith('//') || token.startsWith('/*')) continue;
    if (/^[ \t]*#/.test(token)) scan.directive(token);
    else scan.token(token);
  }
  return scan;
}

class Scanner implements Scan {
  readonly words: Set<string> = new Set();
  readonly includes: Include[] = [];
  readonly macros: Set<string> = new Set();
  readonly tags: Set<string> = new Set();
  readonly ordinary: Set<string> = new Set();
  readonly helpers: Set<string> = new Set();
  /** The tokens before the one at hand, latest last: `struct`, its name; `(`, `*`, a helper's name. */
  #before: [string, string, string] = ['', '', ''];
  #depth = 0;
  /** Whether a value is being given to a variable of the file: its names are not declared there. */
  #inValue = false;
  /** Depth within an enum's braces. */
  #enumDepth = 0;

  directive(text: string): void {
    const [, keyword, rest = ''] = /^[ \t]*#[ \t]*(\w+)([\s\S]*)$/.exec(text) ?? [];
    if (keyword === 'include') {
      const [, quote, name] = /^\s*(["<])([^">\n]+)[">]/.exec(rest) ?? [];
      if (name !== undefined) this.includes.push({ name, quoted: quote === '"' });
      return;
    }
    for (const [word] of rest.matchAll(/[A-Za-z_]\w*/g)) this.words.add(word);
    if (keyword !== 'define') return;
    const [name] = /[A-Za-z_]\w*/.exec(rest) ?? [];
    if (name === undefined) return;
    this.macros.add(name);
    if (!this.includes.some((include) => include.name === 'vmlinux.h')) this.ordinary.add(name);
  }

  token(token: string): void {
    const isWord = /^[A-Za-z_]/.test(token);
    if (isWord) this.words.add(token);
    const [third, second, first] = this.#before;
    if (token === '{') this.#openBraces(third, second, first);
    this.#takeName(first, second, token);
    if (isWord && token.startsWith('bpf_') && first === '*' && second === '(' && this.#depth === 1)
      this.helpers.add(token);
    if (OPENING.has(token)) this.#depth++;
    else if (CLOSING.has(token)) this.#depth = Math.max(0, this.#depth - 1);
    if (this.#depth < this.#enumDepth) this.#enumDepth = 0;
    if (this.#depth === 0) {
      if (token === '=') this.#inValue = true;
      else if (token === ';' || token === ',') this.#inValue = false;
    }
    this.#before = [second, first, token];
  }

  /** A brace may follow `struct name`, `enum name`, `enum` or `struct __attribute__((packed)) name`. */
  #openBraces(third: string, second: string, first: string): void {
    const named = /^(struct|union|enum)$/.test(second);
    if (named || (second === ')' && third === ')')) {
      if (/^[A-Za-z_]/.test(first)) this.tags.add(first);
    }
    if (first === 'enum' || second === 'enum') this.#enumDepth = this.#depth + 1;
  }

  /** Judges the word before a token, now that it is known what follows it. */
  #takeName(word: string, before: string, token: string): void {
    if (!/^[A-Za-z_]/.test(word)) return;
    if (this.#enumDepth !== 0 && this.#depth === this.#enumDepth) {
      if ((before === '{' || before === ',') && /^[,=}]$/.test(token)) this.ordinary.add(word);
    } else if (this.#depth === 0 && !this.#inValue && BEHIND_NAME.has(token)) {
      if (!/^(struct|union|enum)$/.test(before)) this.ordinary.add(word);
    }
  }
}

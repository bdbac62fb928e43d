import { filterError, type Token, tokenize } from './lexer.ts';

/** Comparisons; `=~` matches a prefix. */
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | '=~';

/** A filter as it is written. `at` is where a node begins, of an operator where the operator stands. */
export type Node = { readonly at: number } & (
  | { readonly kind: 'or' | 'and'; readonly operands: readonly Node[] }
  | { readonly kind: 'not'; readonly operand: Node }
  | { readonly kind: 'compare'; readonly operator: Comparison; readonly left: Node; readonly right: Node }
  | { readonly kind: 'mask'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
);

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', '=~']);

/** Deepest nesting of `(` and `!`. */
const MAX_DEPTH = 64;

/**
 * Parses a filter.
 *
 * ```text
 * or       = and { "||" and }
 * and      = unary { "&&" unary }
 * unary    = "!" unary | compare
 * compare  = mask [ ("==" | "!=" | "<" | "<=" | ">" | ">=" | "=~") mask ]
 * mask     = primary [ "&" primary ]
 * primary  = NAME | NUMBER | STRING | "(" or ")"
 * ```
 *
 * Unlike in C, `&` binds tighter than comparisons: `flags & 4 == 4` is `(flags & 4) == 4`.
 *
 * @throws CompileError
 */
export function parseFilter(text: string): Node {
  return new Parser(text).filter();
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  filter(): Node {
    const node = this.#or();
    const rest = this.#peek();
    if (rest.kind === 'end') return node;
    throw filterError(
      this.#text,
      rest.at,
      `${this.#show(rest)} is one word too many`,
      'Join conditions with && or ||.',
    );
  }

  #or(): Node {
    return this.#joined('or', '||', () => this.#joined('and', '&&', () => this.#unary()));
  }

  #joined(kind: 'or' | 'and', symbol: string, parse: () => Node): Node {
    const operands = [parse()];
    while (this.#take(symbol) !== undefined) operands.push(parse());
    return operands.length === 1 ? operands[0]! : { kind, operands, at: operands[0]!.at };
  }

  #unary(): Node {
    const at = this.#take('!');
    return at === undefined
      ? this.#compare()
      : { kind: 'not', operand: this.#nested(() => this.#unary()), at };
  }

  #compare(): Node {
    const left = this.#mask();
    const operator = this.#takeComparison();
    if (operator === undefined) return left;
    const node: Node = {
      kind: 'compare',
      operator: operator.symbol,
      left,
      right: this.#mask(),
      at: operator.at,
    };
    const second = this.#takeComparison();
    if (second === undefined) return node;
    throw filterError(this.#text, second.at, 'comparisons do not chain', 'Write a < b && b < c.');
  }

  #mask(): Node {
    const left = this.#primary();
    const at = this.#take('&');
    return at === undefined ? left : { kind: 'mask', left, right: this.#primary(), at };
  }

  #primary(): Node {
    const token = this.#peek();
    switch (token.kind) {
      case 'name':
      case 'number':
      case 'string': {
        this.#next++;
        const { end: _, ...node } = token;
        return node;
      }
      case 'symbol':
        if (token.symbol === '(') {
          this.#next++;
          const node = this.#nested(() => this.#or());
          if (this.#take(')') === undefined) {
            throw filterError(
              this.#text,
              this.#peek().at,
              'a ) is missing',
              `It closes the ( in column ${token.at + 1}.`,
            );
          }
          return node;
        }
        break;
      case 'end':
        break;
    }
    throw filterError(
      this.#text,
      token.at,
      `a field, a number or a string is missing before ${this.#show(token)}`,
      'A condition looks like this: pid != 1 && comm == "sh"',
    );
  }

  /** Both the parser and those who walk its result recurse. */
  #nested(parse: () => Node): Node {
    if (this.#depth === MAX_DEPTH) {
      throw filterError(
        this.#text,
        this.#peek().at,
        'the filter is nested too deeply',
        `Nest at most ${MAX_DEPTH} deep.`,
      );
    }
    this.#depth++;
    const node = parse();
    this.#depth--;
    return node;
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  /** Takes a symbol if it comes next. @returns where it stood. */
  #take(symbol: string): number | undefined {
    const token = this.#peek();
    if (token.kind !== 'symbol' || token.symbol !== symbol) return undefined;
    this.#next++;
    return token.at;
  }

  #takeComparison(): { symbol: Comparison; at: number } | undefined {
    const token = this.#peek();
    if (token.kind !== 'symbol' || !COMPARISONS.has(token.symbol)) return undefined;
    this.#next++;
    return { symbol: token.symbol as Comparison, at: token.at };
  }

  #show(token: Token): string {
    return token.kind === 'end' ? 'the end' : `"${this.#text.slice(token.at, token.end)}"`;
  }
}

import { CompileError } from '../../../errors/index.ts';

/** A word of a filter. `at` and `end` are where it begins and ends in the text. */
export type Token = { readonly at: number; readonly end: number } & (
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'symbol'; readonly symbol: Symbol }
  | { readonly kind: 'end' }
);

/** Longest first: `&&` is not two `&`. */
const SYMBOLS = ['&&', '||', '==', '!=', '<=', '>=', '=~', '<', '>', '!', '&', '(', ')'] as const;
type Symbol = (typeof SYMBOLS)[number];

/** Longest filter: its code stays within the reach of conditional jumps, 32,767 instructions. */
const MAX_TEXT = 4096;

const BLANK = /\s+/y;
const NAME = /[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/y;
const NUMBER = /-?(?:0[xX][0-9a-fA-F]+|\d+)/y;
const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/sy;
/** What may not follow a number or a name without a blank: `12ab`, `a.`. */
const WORD = /[\w.]/y;

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'" };

/** An error at a place of a filter. */
export function filterError(text: string, offset: number, problem: string, hint: string): CompileError {
  return new CompileError({ file: 'filter', text, offset, problem, hint });
}

/** The words of a filter, with one of kind `end` after the last. @throws CompileError */
export function tokenize(text: string): Token[] {
  if (text.length > MAX_TEXT) {
    throw filterError(text, MAX_TEXT, 'the filter is too long', `Use at most ${MAX_TEXT} characters.`);
  }
  const tokens: Token[] = [];
  for (let at = skipBlank(text, 0); at < text.length; ) {
    const token = tokenAt(text, at);
    tokens.push(token);
    at = skipBlank(text, token.end);
  }
  tokens.push({ kind: 'end', at: text.length, end: text.length });
  return tokens;
}

function tokenAt(text: string, at: number): Token {
  const name = match(NAME, text, at);
  if (name !== undefined) {
    const end = wordEnd(text, at + name.length, 'A name is made of letters, digits, _ and single dots.');
    return { kind: 'name', name, at, end };
  }
  const number = match(NUMBER, text, at);
  if (number !== undefined) {
    const end = wordEnd(text, at + number.length, 'Write it in decimal digits, or in hexadecimal after 0x.');
    const value = number.startsWith('-') ? -BigInt(number.slice(1)) : BigInt(number);
    return { kind: 'number', value, at, end };
  }
  const quote = text[at];
  if (quote === '"' || quote === "'") {
    const string = match(STRING, text, at);
    if (string === undefined) throw filterError(text, at, 'the string has no end', `End it with ${quote}.`);
    return { kind: 'string', value: unquote(text, at, string), at, end: at + string.length };
  }
  const symbol = SYMBOLS.find((s) => text.startsWith(s, at));
  if (symbol !== undefined) return { kind: 'symbol', symbol, at, end: at + symbol.length };
  const character = String.fromCodePoint(text.codePointAt(at)!);
  const hint = HINTS[character] ?? `These have a meaning: ${SYMBOLS.join(' ')}`;
  throw filterError(text, at, `"${character}" means nothing in a filter`, hint);
}

/** For those who think of another language. */
const HINTS: Record<string, string> = {
  '=': 'Equality is ==, and a prefix is matched with =~ "prefix*".',
  '|': 'Either of two conditions is ||.',
  $: 'Fields are written without $.',
};

function wordEnd(text: string, end: number, hint: string): number {
  if (match(WORD, text, end) === undefined) return end;
  throw filterError(text, end, `"${text[end]}" does not belong here`, hint);
}

function unquote(text: string, at: number, quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\(?:x([0-7][0-9a-fA-F])|(.))/gs, (written, hex, letter, offset: number) => {
      const value: string | undefined =
        hex === undefined ? ESCAPES[letter] : String.fromCharCode(Number.parseInt(hex, 16));
      if (value !== undefined && value !== '\0') return value;
      const hint = 'Known are \\n \\t \\r \\\\ \\" \\\' and \\x01 to \\x7f.';
      throw filterError(text, at + 1 + offset, `the escape ${written} means nothing`, hint);
    });
}

function skipBlank(text: string, at: number): number {
  return at + (match(BLANK, text, at)?.length ?? 0);
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

import { CHARACTER, COMMENT, DIRECTIVE, TEXT } from '../lexical.ts';

/** A word or sign of a text in C. */
export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'char' | 'sign' | 'directive';
  readonly text: string;
  /** In the text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** Whether it stands in the body of a macro. */
  readonly inMacro: boolean;
}

/** Blanks up to the end of a line (what follows may be a directive), comments, texts, characters, words, numbers, signs. */
const TOKEN = new RegExp(
  String.raw`([^\S\n]+|\n|\\\r?\n|${COMMENT})|(${TEXT})|(${CHARACTER})|([A-Za-z_$]\w*)|(\.?\d(?:[eEpP][+-]|[\w.])*)|(->|##|[\s\S])`,
  'y',
);

const AT_DIRECTIVE = new RegExp(DIRECTIVE, 'y');

/** Takes a text in C apart. Directives are one token each; those in the body of a `#define` follow it. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let atLineStart = true;
  for (let at = 0; at < text.length; ) {
    if (atLineStart) {
      AT_DIRECTIVE.lastIndex = at;
      const directive = AT_DIRECTIVE.exec(text)?.[0];
      if (directive !== undefined) {
        const start = at + directive.indexOf('#');
        const end = at + directive.length;
        tokens.push({ kind: 'directive', text: text.slice(start, end), start, end, inMacro: false });
        const body = /^#[ \t]*define[ \t]+\w+/.exec(text.slice(start, end));
        if (body !== null) addTokens(text, start + body[0].length, end, true, tokens);
        at = end;
        continue;
      }
    }
    const newLine = text.indexOf('\n', at);
    const lineEnd = newLine < 0 ? text.length : newLine + 1;
    at = addTokens(text, at, lineEnd, false, tokens);
    atLineStart = text[at - 1] === '\n';
  }
  return tokens;
}

/** Adds the tokens that begin within a part. @returns where the last one ends. */
function addTokens(text: string, from: number, to: number, inMacro: boolean, tokens: Token[]): number {
  let at = from;
  while (at < to) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text)!;
    const [whole, space, string, char, word, number] = match;
    const end = at + whole.length;
    if (space === undefined) {
      const kind =
        string !== undefined
          ? 'string'
          : char !== undefined
            ? 'char'
            : word !== undefined
              ? 'word'
              : number !== undefined
                ? 'number'
                : 'sign';
      tokens.push({ kind, text: whole, start: at, end, inMacro });
    }
    at = end;
  }
  return at;
}

const PAIRS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** The index of the bracket that closes the one at `open`; undefined where none does. */
export function closing(tokens: readonly Token[], open: number): number | undefined {
  const opener = tokens[open]!.text;
  const closer = PAIRS[opener];
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    if (tokens[i]!.kind !== 'sign' || tokens[i]!.inMacro !== tokens[open]!.inMacro) continue;
    if (tokens[i]!.text === opener) depth++;
    else if (tokens[i]!.text === closer && --depth === 0) return i;
  }
  return undefined;
}

/** The arguments between two brackets, each as the indices of its first and behind its last token. */
export function splitArguments(
  tokens: readonly Token[],
  open: number,
  close: number,
): { first: number; end: number }[] {
  const parts: { first: number; end: number }[] = [];
  let depth = 0;
  let first = open + 1;
  for (let i = open + 1; i < close; i++) {
    const { kind, text } = tokens[i]!;
    if (kind !== 'sign') continue;
    if (text in PAIRS) depth++;
    else if (text === ')' || text === ']' || text === '}') depth--;
    else if (text === ',' && depth === 0) {
      parts.push({ first, end: i });
      first = i + 1;
    }
  }
  if (close > open + 1) parts.push({ first, end: close });
  return parts;
}

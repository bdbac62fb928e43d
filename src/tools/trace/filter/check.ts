import { type CompileError, RingtailError } from '../../../errors/index.ts';
import type { Field, IntField, TextField } from '../field.ts';
import { filterError } from './lexer.ts';
import { type Comparison, type Node, parseFilter } from './parser.ts';

/** A filter that has a meaning: every name is a field, and every comparison is exact. */
export type Condition =
  | { readonly kind: 'or' | 'and'; readonly operands: readonly Condition[] }
  | { readonly kind: 'not'; readonly operand: Condition }
  | {
      readonly kind: 'compare';
      readonly operator: IntComparison;
      readonly left: IntOperand;
      readonly right: IntOperand | bigint;
      /** How the 64-bit values are compared. */
      readonly signed: boolean;
    }
  | {
      readonly kind: 'match';
      readonly field: TextField;
      readonly text: Uint8Array;
      readonly prefix: boolean;
    };

export type IntComparison = Exclude<Comparison, '=~'>;

/** A field, or the bits of it that are in `mask`. */
export interface IntOperand {
  readonly field: IntField;
  readonly mask?: bigint;
}

/** Finds the field of a name. @throws RingtailError, of which message and remedy become the CompileError's. */
export type FindField = (name: string) => Field;

/** Parses a filter and gives it its types. @throws CompileError */
export function compileFilter(text: string, find: FindField): Condition {
  return new Checker(text, find).condition(parseFilter(text));
}

/** An operand of a comparison. `range` is what it can hold. */
type Operand =
  | { readonly kind: 'int'; readonly value: IntOperand; readonly min: bigint; readonly max: bigint }
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'text'; readonly field: TextField }
  | { readonly kind: 'string'; readonly value: string };

/** What the comparison becomes when its sides are swapped. */
const SWAPPED: Record<IntComparison, IntComparison> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

const S64_MAX = (1n << 63n) - 1n;

class Checker {
  readonly #text: string;
  readonly #find: FindField;

  constructor(text: string, find: FindField) {
    this.#text = text;
    this.#find = find;
  }

  condition(node: Node): Condition {
    switch (node.kind) {
      case 'or':
      case 'and':
        return { kind: node.kind, operands: node.operands.map((operand) => this.condition(operand)) };
      case 'not':
        return { kind: 'not', operand: this.condition(node.operand) };
      case 'compare':
        return this.#comparison(node);
      default: {
        const operand = this.#operand(node);
        if (operand.kind !== 'int')
          throw this.#error(node, 'this is no condition', 'Compare it with something.');
        const { value, min } = operand;
        return { kind: 'compare', operator: '!=', left: value, right: 0n, signed: min < 0n };
      }
    }
  }

  #comparison(node: Node & { kind: 'compare' }): Condition {
    const [left, right] = [this.#operand(node.left), this.#operand(node.right)];
    if (left.kind === 'text' || right.kind === 'text' || left.kind === 'string' || right.kind === 'string') {
      return this.#match(node, left, right);
    }
    const { operator } = node;
    if (operator === '=~')
      throw this.#error(node, '=~ is for strings', 'Compare numbers with == or with < and >.');
    if (left.kind === 'number') {
      if (right.kind === 'number')
        throw this.#error(node, 'both sides are numbers', 'Name a field on one side.');
      return this.#withNumber(node.left, SWAPPED[operator], right, left.value);
    }
    if (right.kind === 'number') return this.#withNumber(node.right, operator, left, right.value);
    const signed = left.min < 0n || right.min < 0n;
    if (signed && (left.max > S64_MAX || right.max > S64_MAX)) {
      throw this.#error(
        node,
        'one side is signed and the other an unsigned 64-bit number',
        'Compare each with a number instead: there is no 64-bit comparison for both.',
      );
    }
    return { kind: 'compare', operator, left: left.value, right: right.value, signed };
  }

  #withNumber(
    at: Node,
    operator: IntComparison,
    { value, min, max }: Operand & { kind: 'int' },
    number: bigint,
  ): Condition {
    if (number < min || number > max) {
      const hint = `It holds ${min} to ${max}.`;
      throw this.#error(at, `${number} is out of the range of "${value.field.name}"`, hint);
    }
    return { kind: 'compare', operator, left: value, right: number, signed: min < 0n };
  }

  #match(node: Node & { kind: 'compare' }, left: Operand, right: Operand): Condition {
    const [text, string] = left.kind === 'text' ? [left, right] : [right, left];
    const { operator } = node;
    if (text.kind !== 'text' || string.kind !== 'string' || (operator === '=~' && left.kind !== 'text')) {
      throw this.#error(
        node,
        'these cannot be compared',
        'Compare a string field with a text in quotes, or numbers.',
      );
    }
    if (operator !== '==' && operator !== '!=' && operator !== '=~') {
      const hint = 'Use ==, !=, or =~ "prefix*".';
      throw this.#error(node, `strings are not compared with ${operator}`, hint);
    }
    const literal = left.kind === 'text' ? node.right : node.left;
    const prefix = operator === '=~' && string.value.endsWith('*');
    if (operator === '=~' && string.value.indexOf('*') !== string.value.length - 1) {
      throw this.#error(
        literal,
        'a prefix ends with its only *',
        'Write =~ "prefix*", or == for the whole string.',
      );
    }
    const bytes = new TextEncoder().encode(prefix ? string.value.slice(0, -1) : string.value);
    const { field } = text;
    if (bytes.length > field.size) {
      const hint = `It holds at most ${field.size} bytes.`;
      throw this.#error(literal, `"${field.name}" is never this long`, hint);
    }
    const match: Condition = { kind: 'match', field, text: bytes, prefix };
    return operator === '!=' ? { kind: 'not', operand: match } : match;
  }

  #operand(node: Node): Operand {
    switch (node.kind) {
      case 'number':
      case 'string':
        return node;
      case 'name':
        return this.#field(node);
      case 'mask':
        return this.#mask(node);
      default:
        throw this.#error(
          node,
          'a condition is neither a number nor a string',
          'Join conditions with && or ||.',
        );
    }
  }

  #field(node: Node & { kind: 'name' }): Operand {
    const field = this.#resolve(node);
    switch (field.kind) {
      case 'text':
        return { kind: 'text', field };
      case 'array':
        throw this.#error(node, `"${field.name}" is an array`, 'Filter by numbers and strings.');
      case 'int': {
        const bits = BigInt(field.size * 8);
        const [min, max] = field.signed
          ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n]
          : [0n, (1n << bits) - 1n];
        return { kind: 'int', value: { field }, min, max };
      }
    }
  }

  #mask(node: Node & { kind: 'mask' }): Operand {
    const [left, right] = [this.#operand(node.left), this.#operand(node.right)];
    const [int, number] = left.kind === 'int' ? [left, right] : [right, left];
    if (int.kind !== 'int' || int.value.mask !== undefined || number.kind !== 'number') {
      throw this.#error(node, '& takes a numeric field and a number', 'Write field & 0x10.');
    }
    const { field } = int.value;
    const max = (1n << BigInt(field.size * 8)) - 1n;
    if (number.value < 0n || number.value > max) {
      throw this.#error(node, `${number.value} is no mask for "${field.name}"`, `Use 0 to ${max}.`);
    }
    return { kind: 'int', value: { field, mask: number.value }, min: 0n, max };
  }

  #resolve(node: Node & { kind: 'name' }): Field {
    try {
      return this.#find(node.name);
    } catch (error) {
      if (!(error instanceof RingtailError)) throw error;
      throw this.#error(node, error.message, error.remedy);
    }
  }

  #error(node: Node, problem: string, hint: string): CompileError {
    return filterError(this.#text, node.at, problem, hint);
  }
}

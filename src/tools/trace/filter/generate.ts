import { R0, R1, R2, R3, R7, R8, R9, type Register } from '../../../asm/index.ts';
import type { TraceBuilder } from '../builder.ts';
import { type IntSize, width } from '../int-size.ts';
import type { Condition, IntComparison, IntOperand } from './check.ts';

/**
 * Writes code that goes to `target` if the condition's outcome is `when`, and else goes on. As in C, `&&` and `||` look at their
 * right side only if it matters.
 *
 * Needs the context in R6 and, for strings, {@link filterMemory} bytes of memory behind R7. Uses R0–R5, R8, R9.
 */
export function branch(b: TraceBuilder, condition: Condition, target: string, when: boolean): void {
  switch (condition.kind) {
    case 'not':
      branch(b, condition.operand, target, !when);
      break;
    case 'and':
    case 'or':
      branchAny(b, condition, target, when);
      break;
    case 'compare':
      compare(b, condition, target, when);
      break;
    case 'match':
      match(b, condition, target, when);
      break;
  }
}

/** Bytes of memory that the strings of a filter need. */
export function filterMemory(condition: Condition): number {
  switch (condition.kind) {
    case 'not':
      return filterMemory(condition.operand);
    case 'and':
    case 'or':
      return Math.max(...condition.operands.map(filterMemory));
    case 'compare':
      return 0;
    case 'match':
      return readSize(condition);
  }
}

function branchAny(
  b: TraceBuilder,
  { kind, operands }: Condition & { kind: 'and' | 'or' },
  target: string,
  when: boolean,
): void {
  // One false operand decides an `and`, one true operand an `or`.
  if ((kind === 'or') === when) {
    for (const operand of operands) branch(b, operand, target, when);
    return;
  }
  const decided = b.fresh();
  for (const operand of operands.slice(0, -1)) branch(b, operand, decided, !when);
  branch(b, operands.at(-1)!, target, when);
  b.label(decided);
}

const OPPOSITE: Record<IntComparison, IntComparison> = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
};

function compare(
  b: TraceBuilder,
  { operator, left, right, signed }: Condition & { kind: 'compare' },
  target: string,
  when: boolean,
): void {
  const holds = when ? operator : OPPOSITE[operator];
  const condition = holds === '==' || holds === '!=' || !signed ? holds : (`s${holds}` as const);
  loadOperand(b, left, R8);
  if (typeof right !== 'bigint') {
    loadOperand(b, right, R9);
    b.jumpIf(R8, condition, R9, target);
  } else if (BigInt.asIntN(32, right) === right) {
    b.jumpIf(R8, condition, Number(right), target);
  } else {
    b.loadImm64(R1, right).jumpIf(R8, condition, R1, target);
  }
}

function loadOperand(b: TraceBuilder, { field, mask }: IntOperand, dst: Register): void {
  field.load(b, dst);
  if (mask === undefined) return;
  if (BigInt.asIntN(32, mask) === mask) b.and(dst, Number(mask));
  else b.loadImm64(R1, mask).and(dst, R1);
}

/**
 * Bytes to read of a string, with the NUL that the helper puts at their end. Whole strings are read one byte further than they
 * should reach, to see that they end there; behind a full array another field begins.
 */
function readSize({ field, text, prefix }: Condition & { kind: 'match' }): number {
  return Math.min(text.length + (prefix ? 1 : 2), field.size + 1);
}

/** Reads no more of the string than is compared, then compares it word by word. */
function match(
  b: TraceBuilder,
  condition: Condition & { kind: 'match' },
  target: string,
  when: boolean,
): void {
  const { field, text } = condition;
  const differs = when ? b.fresh() : target;
  field.address(b, R3);
  b.mov(R1, R7).mov(R2, readSize(condition)).call(`probe_read_${field.memory}_str`);
  // The bytes that it read, NUL included. One that cannot be read is empty.
  if (text.length === 0) b.jumpIf(R0, 's>', 1, differs);
  else b.jumpIf(R0, '!=', text.length + 1, differs);
  for (const { offset, size } of words(text.length)) {
    const bytes = text.slice(offset, offset + size).buffer;
    b.load(width(size), R1, R7, offset);
    if (size === 8) b.loadImm64(R2, new BigUint64Array(bytes)[0]!).jumpIf(R1, '!=', R2, differs);
    else b.jumpIf32(R1, '!=', new INTS[size](bytes)[0]!, differs);
  }
  if (when) b.jump(target).label(differs);
}

/** Integers in the byte order of this machine, which is the kernel's. */
const INTS = { 4: Uint32Array, 2: Uint16Array, 1: Uint8Array };

/** Splits bytes into words, the widest first. */
function* words(length: number): Generator<{ offset: number; size: IntSize }> {
  for (let offset = 0; offset < length; ) {
    const size = ([8, 4, 2, 1] as const).find((s) => s <= length - offset)!;
    yield { offset, size };
    offset += size;
  }
}

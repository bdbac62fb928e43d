import { type Instruction, slotCount } from './instruction.ts';
import { type AluSymbol, type Condition, type Form, formOf } from './isa.ts';
import { slotsOf } from './link.ts';
import { BPF_PSEUDO_CALL, BPF_PSEUDO_FUNC } from './opcode.ts';

/** What R0 to R10 hold, where that is the same on every way here: 64 bits without sign. */
type Constants = readonly (bigint | undefined)[];

const UNKNOWN: Constants = Array.from({ length: 11 }, () => undefined);

/**
 * Which instructions a program can reach, as far as constants in registers decide: code behind `if (0)` is left out, as the
 * verifier leaves it out. The verifier follows memory and every way on its own too, so it may leave out more, not less.
 *
 * Code behind a poisoned instruction counts as reached.
 *
 * @returns indexes into `instructions`.
 */
export function reachableInstructions(instructions: readonly Instruction[]): ReadonlySet<number> {
  const slots = slotsOf(instructions);
  const indexes = new Map(slots.map((slot, index) => [slot, index]));
  const known = new Map<number, Constants>();
  const pending: number[] = [];

  const enter = (index: number | undefined, constants: Constants) => {
    if (index === undefined || index >= instructions.length) return;
    const before = known.get(index);
    const now = before?.map((value, r) => (value === constants[r] ? value : undefined)) ?? constants;
    // Constants only ever get lost, so this ends.
    if (before?.every((value, r) => value === now[r])) return;
    known.set(index, now);
    pending.push(index);
  };

  enter(0, UNKNOWN);
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    const instruction = instructions[index]!;
    const constants = known.get(index)!;
    const form = instruction.poison === undefined ? formOf(instruction.opcode) : undefined;
    const jump = (distance: number) => indexes.get(slots[index!]! + slotCount(instruction) + distance);
    if (form !== undefined && namesFunction(form, instruction)) {
      enter(indexes.get(slots[index]! + 1 + instruction.imm), UNKNOWN);
    }
    const next = form === undefined ? UNKNOWN : step(form, instruction, constants);
    switch (form?.kind) {
      case 'exit':
        break;
      case 'jump':
        enter(jump(instruction.offset), next);
        break;
      case 'gotol':
        enter(jump(instruction.imm), next);
        break;
      case 'gotox':
        for (const target of instructions.keys()) enter(target, UNKNOWN);
        break;
      case 'mayGoto':
        enter(jump(instruction.offset), next);
        enter(index + 1, next);
        break;
      case 'jumpIf': {
        const taken = decide(form, instruction, constants);
        if (taken !== false) enter(jump(instruction.offset), next);
        if (taken !== true) enter(index + 1, next);
        break;
      }
      default:
        enter(index + 1, next);
    }
  }
  return new Set(known.keys());
}

/** Whether the instruction calls a subprogram or takes its address: `imm` is the distance. */
function namesFunction({ kind }: Form, { src }: Instruction): boolean {
  return (kind === 'call' && src === BPF_PSEUDO_CALL) || (kind === 'ldImm64' && src === BPF_PSEUDO_FUNC);
}

/** Registers after the instruction. */
function step(form: Form, instruction: Instruction, before: Constants): Constants {
  const { dst, src } = instruction;
  const set = (register: number, value?: bigint) => before.map((old, r) => (r === register ? value : old));
  switch (form.kind) {
    case 'alu':
      return set(dst, compute(form, instruction, before));
    case 'ldImm64':
      return set(dst, src === 0 ? instruction.imm64 : undefined);
    case 'neg':
    case 'swap':
    case 'load':
      return set(dst);
    case 'call':
    case 'loadAbs':
    case 'loadInd':
      return before.map((old, r) => (r <= 5 ? undefined : old));
    case 'atomic':
      return before.map((old, r) => (r === 0 || r === src || r === dst ? undefined : old));
    default:
      return before;
  }
}

function compute(
  { bits, symbol, operand }: Form & { kind: 'alu' },
  { dst, src, offset, imm }: Instruction,
  constants: Constants,
): bigint | undefined {
  // Signed division, sign-extending moves and casts.
  if (offset !== 0) return undefined;
  const left = symbol === '=' ? 0n : constants[dst];
  const right = operand === 'imm' ? BigInt(imm) : constants[src];
  const operation = ALU[symbol];
  if (left === undefined || right === undefined || operation === undefined) return undefined;
  const cut = (value: bigint) => BigInt.asUintN(bits, value);
  return cut(operation(cut(left), cut(right), bits));
}

const ALU: Readonly<Partial<Record<AluSymbol, (a: bigint, b: bigint, bits: number) => bigint>>> = {
  '=': (_, b) => b,
  '+=': (a, b) => a + b,
  '-=': (a, b) => a - b,
  '*=': (a, b) => a * b,
  '|=': (a, b) => a | b,
  '&=': (a, b) => a & b,
  '^=': (a, b) => a ^ b,
  '<<=': (a, b, bits) => a << (b & BigInt(bits - 1)),
  '>>=': (a, b, bits) => a >> (b & BigInt(bits - 1)),
  's>>=': (a, b, bits) => BigInt.asIntN(bits, a) >> (b & BigInt(bits - 1)),
};

/** Whether the jump is taken; undefined where constants do not tell. */
function decide(
  { bits, condition, operand }: Form & { kind: 'jumpIf' },
  { dst, src, imm }: Instruction,
  constants: Constants,
): boolean | undefined {
  const left = constants[dst];
  const right = operand === 'imm' ? BigInt(imm) : constants[src];
  if (left === undefined || right === undefined) return undefined;
  const cut = condition.startsWith('s') ? BigInt.asIntN : BigInt.asUintN;
  return CONDITIONS[condition](cut(bits, left), cut(bits, right));
}

const CONDITIONS: Readonly<Record<Condition, (a: bigint, b: bigint) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  's>': (a, b) => a > b,
  's>=': (a, b) => a >= b,
  's<': (a, b) => a < b,
  's<=': (a, b) => a <= b,
  '&': (a, b) => (a & b) !== 0n,
};

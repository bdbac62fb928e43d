/** Room `asm`: BPF instructions: encode, decode, print, helper ids, a typed builder. */
export { ProgramBuilder } from './builder.ts';
export type { Style } from './dialect.ts';
export { type ByteOrderOptions, encodeInstructions } from './encode.ts';
export { formatInstruction, formatInstructions } from './format.ts';
export {
  findHelper,
  formatHelpers,
  HELPERS,
  type Helper,
  type HelperName,
  helperId,
  helperName,
} from './helpers.ts';
export {
  CORE_KINDS,
  type CoreKind,
  type CoreRelocation,
  type Instruction,
  type Poison,
  type Reference,
  type SourceLine,
  slotCount,
} from './instruction.ts';
export type { Condition, SignedWidth, Width } from './isa.ts';
export { resolveFunctions } from './link.ts';
export * from './opcode.ts';
export type { Source } from './operations.ts';
export { parseInstructions } from './parse.ts';
export { reachableInstructions } from './reach.ts';
export { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10, REGISTERS, type Register } from './register.ts';

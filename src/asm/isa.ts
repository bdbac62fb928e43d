import {
  BPF_ABS,
  BPF_ADD,
  BPF_ALU,
  BPF_ALU64,
  BPF_AND,
  BPF_ARSH,
  BPF_ATOMIC,
  BPF_B,
  BPF_CALL,
  BPF_CMPXCHG,
  BPF_DIV,
  BPF_DW,
  BPF_END,
  BPF_EXIT,
  BPF_FETCH,
  BPF_H,
  BPF_IND,
  BPF_JA,
  BPF_JCOND,
  BPF_JEQ,
  BPF_JGE,
  BPF_JGT,
  BPF_JLE,
  BPF_JLT,
  BPF_JMP,
  BPF_JMP32,
  BPF_JNE,
  BPF_JSET,
  BPF_JSGE,
  BPF_JSGT,
  BPF_JSLE,
  BPF_JSLT,
  BPF_K,
  BPF_LD,
  BPF_LDX,
  BPF_LOAD_ACQ,
  BPF_LSH,
  BPF_MEM,
  BPF_MEMSX,
  BPF_MOD,
  BPF_MOV,
  BPF_MUL,
  BPF_NEG,
  BPF_OR,
  BPF_RSH,
  BPF_ST,
  BPF_STORE_REL,
  BPF_STX,
  BPF_SUB,
  BPF_W,
  BPF_X,
  BPF_XCHG,
  BPF_XOR,
  LD_IMM64,
} from './opcode.ts';

/** Width of a memory access, as the kernel's dumps write it. */
export type Width = 'u8' | 'u16' | 'u32' | 'u64';
/** Width of a sign-extending load or move. */
export type SignedWidth = 's8' | 's16' | 's32';
/** Comparison of a conditional jump; `s` marks signed ones, `&` is "any of these bits set". */
export type Condition = '==' | '!=' | '>' | '>=' | '<' | '<=' | 's>' | 's>=' | 's<' | 's<=' | '&';
/** Arithmetic with two operands, as the kernel's dumps write it. */
export type AluSymbol = '+=' | '-=' | '*=' | '/=' | '|=' | '&=' | '<<=' | '>>=' | '%=' | '^=' | '=' | 's>>=';

/** What an opcode byte means: enough to print the instruction and to check its other fields. */
export type Form =
  | { kind: 'alu'; bits: 32 | 64; symbol: AluSymbol; operand: Operand }
  | { kind: 'neg'; bits: 32 | 64 }
  | { kind: 'swap'; to: 'le' | 'be' | 'bswap' }
  | { kind: 'jumpIf'; bits: 32 | 64; condition: Condition; operand: Operand }
  | { kind: 'jump' | 'gotol' | 'gotox' | 'mayGoto' | 'call' | 'exit' | 'ldImm64' | 'nospec' }
  | { kind: 'load'; width: Width | SignedWidth }
  | { kind: 'store'; width: Width; operand: Operand }
  | { kind: 'atomic'; width: Width }
  | { kind: 'loadAbs' | 'loadInd'; width: Width };
type Operand = 'imm' | 'reg';

export const ALU_OPERATIONS: Readonly<Record<AluSymbol, number>> = {
  '+=': BPF_ADD,
  '-=': BPF_SUB,
  '*=': BPF_MUL,
  '/=': BPF_DIV,
  '|=': BPF_OR,
  '&=': BPF_AND,
  '<<=': BPF_LSH,
  '>>=': BPF_RSH,
  '%=': BPF_MOD,
  '^=': BPF_XOR,
  '=': BPF_MOV,
  's>>=': BPF_ARSH,
};

export const CONDITIONS: Readonly<Record<Condition, number>> = {
  '==': BPF_JEQ,
  '!=': BPF_JNE,
  '>': BPF_JGT,
  '>=': BPF_JGE,
  '<': BPF_JLT,
  '<=': BPF_JLE,
  's>': BPF_JSGT,
  's>=': BPF_JSGE,
  's<': BPF_JSLT,
  's<=': BPF_JSLE,
  '&': BPF_JSET,
};

export const SIZES: Readonly<Record<Width, number>> = { u8: BPF_B, u16: BPF_H, u32: BPF_W, u64: BPF_DW };
export const SIGNED_SIZES: Readonly<Record<SignedWidth, number>> = { s8: BPF_B, s16: BPF_H, s32: BPF_W };

/** The meaning of `opcode`, or undefined where no instruction has it. */
export function formOf(opcode: number): Form | undefined {
  return FORMS.get(opcode);
}

/** Every opcode there is, ascending. */
export function allOpcodes(): number[] {
  return [...FORMS.keys()].sort((a, b) => a - b);
}

/** What the `imm` of an atomic instruction asks for. */
export type Atomic =
  | { kind: 'modify' | 'fetch'; name: 'add' | 'and' | 'or' | 'xor'; symbol: AluSymbol }
  | { kind: 'xchg' | 'cmpxchg' | 'loadAcquire' | 'storeRelease' };

/** The atomic operation with this `imm`, or undefined where there is none. */
export function atomicOf(imm: number): Atomic | undefined {
  return ATOMICS.get(imm);
}

const ATOMICS: ReadonlyMap<number, Atomic> = new Map<number, Atomic>([
  ...(['modify', 'fetch'] as const).flatMap((kind) => {
    const flag = kind === 'fetch' ? BPF_FETCH : 0;
    return [
      [BPF_ADD | flag, { kind, name: 'add', symbol: '+=' }],
      [BPF_AND | flag, { kind, name: 'and', symbol: '&=' }],
      [BPF_OR | flag, { kind, name: 'or', symbol: '|=' }],
      [BPF_XOR | flag, { kind, name: 'xor', symbol: '^=' }],
    ] satisfies [number, Atomic][];
  }),
  [BPF_XCHG, { kind: 'xchg' }],
  [BPF_CMPXCHG, { kind: 'cmpxchg' }],
  [BPF_LOAD_ACQ, { kind: 'loadAcquire' }],
  [BPF_STORE_REL, { kind: 'storeRelease' }],
]);

const FORMS: ReadonlyMap<number, Form> = makeForms();

function makeForms(): Map<number, Form> {
  const forms = new Map<number, Form>();
  for (const [bits, alu, jmp] of [
    [32, BPF_ALU, BPF_JMP32],
    [64, BPF_ALU64, BPF_JMP],
  ] as const) {
    for (const [operand, source] of [
      ['imm', BPF_K],
      ['reg', BPF_X],
    ] as const) {
      for (const [symbol, operation] of entries(ALU_OPERATIONS)) {
        forms.set(alu | operation | source, { kind: 'alu', bits, symbol, operand });
      }
      for (const [condition, operation] of entries(CONDITIONS)) {
        forms.set(jmp | operation | source, { kind: 'jumpIf', bits, condition, operand });
      }
    }
    forms.set(alu | BPF_NEG, { kind: 'neg', bits });
  }
  forms.set(BPF_ALU | BPF_END | BPF_K, { kind: 'swap', to: 'le' });
  forms.set(BPF_ALU | BPF_END | BPF_X, { kind: 'swap', to: 'be' });
  forms.set(BPF_ALU64 | BPF_END, { kind: 'swap', to: 'bswap' });
  forms.set(BPF_JMP | BPF_JA, { kind: 'jump' });
  forms.set(BPF_JMP | BPF_JA | BPF_X, { kind: 'gotox' });
  forms.set(BPF_JMP32 | BPF_JA, { kind: 'gotol' });
  forms.set(BPF_JMP | BPF_JCOND, { kind: 'mayGoto' });
  forms.set(BPF_JMP | BPF_CALL, { kind: 'call' });
  forms.set(BPF_JMP | BPF_EXIT, { kind: 'exit' });
  forms.set(LD_IMM64, { kind: 'ldImm64' });
  // BPF_NOSPEC shares its number with BPF_ATOMIC; the kernel inserts it, no program may bring it.
  forms.set(BPF_ST | BPF_ATOMIC, { kind: 'nospec' });
  for (const [width, size] of entries(SIZES)) {
    forms.set(BPF_LDX | BPF_MEM | size, { kind: 'load', width });
    forms.set(BPF_ST | BPF_MEM | size, { kind: 'store', width, operand: 'imm' });
    forms.set(BPF_STX | BPF_MEM | size, { kind: 'store', width, operand: 'reg' });
    forms.set(BPF_STX | BPF_ATOMIC | size, { kind: 'atomic', width });
    if (width === 'u64') continue;
    forms.set(BPF_LD | BPF_ABS | size, { kind: 'loadAbs', width });
    forms.set(BPF_LD | BPF_IND | size, { kind: 'loadInd', width });
  }
  for (const [width, size] of entries(SIGNED_SIZES)) {
    forms.set(BPF_LDX | BPF_MEMSX | size, { kind: 'load', width });
  }
  return forms;
}

function entries<K extends string, V>(record: Readonly<Record<K, V>>): [K, V][] {
  return Object.entries(record) as [K, V][];
}

import { type Instruction, slotCount } from '../asm/index.ts';
import { BtfBuilder, HOST_LITTLE_ENDIAN } from '../btf/index.ts';

/** What BPF_PROG_LOAD takes, beside a BTF, to name functions and show source lines. */
export interface FuncAndLineInfo {
  readonly funcInfo: Uint8Array;
  readonly funcInfoSize: number;
  readonly lineInfo: Uint8Array;
  readonly lineInfoSize: number;
}

/** The numbers by which func and line info refer into a BTF. */
export interface BtfReferences {
  /** Id of the `FUNC` of a function, by its first instruction. */
  func(first: Instruction, isProgram: boolean): number;
  /** Offset of a text among the strings. */
  text(text: string): number;
}

const FUNC_INFO_SIZE = 8;
const LINE_INFO_SIZE = 16;

/**
 * Tells where functions start (`symbol`) and lines change (`source`), from the facts that instructions carry.
 *
 * Sources: `struct bpf_func_info`, `struct bpf_line_info` (include/uapi/linux/bpf.h).
 */
export function funcAndLineInfo(instructions: readonly Instruction[], btf: BtfReferences): FuncAndLineInfo {
  const functions: number[] = [];
  const lines: number[] = [];
  let slot = 0;
  let last: Instruction['source'];
  for (const instruction of instructions) {
    const starts = startsFunction(instruction, slot);
    if (starts) functions.push(slot, btf.func(instruction, slot === 0));
    const { source } = instruction;
    // The kernel wants a line at the start of each function, if there are lines at all.
    if (source !== undefined && (starts || source !== last)) {
      const position = (source.line << 10) | (source.column & 0x3ff);
      lines.push(slot, btf.text(source.file), btf.text(source.text), position);
      last = source;
    }
    slot += slotCount(instruction);
  }
  return {
    funcInfo: words(functions),
    funcInfoSize: FUNC_INFO_SIZE,
    lineInfo: words(lines),
    lineInfoSize: LINE_INFO_SIZE,
  };
}

/** Whether a function begins at `instruction`: the program itself, or one that it calls. */
export function startsFunction(instruction: Instruction, index: number): boolean {
  return index === 0 || instruction.symbol !== undefined;
}

/** Makes BTF for a program that brings none: a `FUNC` for it and each function. */
export function programBtf(
  name: string,
  instructions: readonly Instruction[],
): FuncAndLineInfo & { btf: Uint8Array } {
  const builder = new BtfBuilder({ littleEndian: HOST_LITTLE_ENDIAN });
  const addFunction = addFunctions(builder);
  const info = funcAndLineInfo(instructions, {
    func: (first, isProgram) => addFunction(isProgram ? name : first.symbol!),
    text: (text) => builder.addString(text),
  });
  return { ...info, btf: builder.build() };
}

/**
 * For functions of which only the names are known: adds a `FUNC` with the prototype `int name(void *ctx)`, which the
 * verifier compares with nothing for static functions. @returns what gives the id of each.
 */
export function addFunctions(builder: BtfBuilder): (name: string) => number {
  const int = builder.int('int', 4, 'signed');
  const pointer = builder.add({ kind: 'ptr', type: 0 });
  const type = builder.add({ kind: 'func_proto', returnType: int, params: [{ name: 'ctx', type: pointer }] });
  return (name) => builder.add({ kind: 'func', name: identifier(name), type, linkage: 'static' });
}

/** A name as the kernel takes it for a type. */
export function identifier(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d|$)/, '_');
}

function words(numbers: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(numbers).buffer);
}

import { type Instruction, slotCount } from '../asm/index.ts';
import { BtfBuilder } from '../btf/index.ts';

/** What BPF_PROG_LOAD takes to name functions and show source lines. */
export interface ProgramBtf {
  readonly btf: Uint8Array;
  readonly funcInfo: Uint8Array;
  readonly funcInfoSize: number;
  readonly lineInfo: Uint8Array;
  readonly lineInfoSize: number;
}

const FUNC_INFO_SIZE = 8;
const LINE_INFO_SIZE = 16;

/**
 * Makes BTF for a program from the facts that its instructions carry: a `FUNC` for the program and for each
 * function (`symbol`), a line for each change of `source`. Every function is given the prototype
 * `int name(void *ctx)`, which the verifier compares with nothing for static functions.
 *
 * Sources: `struct bpf_func_info`, `struct bpf_line_info` (include/uapi/linux/bpf.h).
 */
export function programBtf(name: string, instructions: readonly Instruction[]): ProgramBtf {
  const builder = new BtfBuilder();
  const int = builder.int('int', 4, 'signed');
  const pointer = builder.add({ kind: 'ptr', type: 0 });
  const params = [{ name: 'ctx', type: pointer }];
  const prototype = builder.add({ kind: 'func_proto', returnType: int, params });
  const functions: number[] = [];
  const lines: number[] = [];
  let slot = 0;
  let last: Instruction['source'];
  for (const instruction of instructions) {
    const starts = slot === 0 || instruction.symbol !== undefined;
    if (starts) {
      const symbol = identifier(slot === 0 ? name : instruction.symbol!);
      functions.push(slot, builder.add({ kind: 'func', name: symbol, type: prototype, linkage: 'static' }));
    }
    const { source } = instruction;
    // The kernel wants a line at the start of each function, if there are lines at all.
    if (source !== undefined && (starts || source !== last)) {
      const position = (source.line << 10) | (source.column & 0x3ff);
      lines.push(slot, builder.addString(source.file), builder.addString(source.text), position);
      last = source;
    }
    slot += slotCount(instruction);
  }
  return {
    btf: builder.build(),
    funcInfo: words(functions),
    funcInfoSize: FUNC_INFO_SIZE,
    lineInfo: words(lines),
    lineInfoSize: LINE_INFO_SIZE,
  };
}

function identifier(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, '_');
}

function words(numbers: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(numbers).buffer);
}

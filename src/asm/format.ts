import { DIALECTS, type Dialect, type Style } from './dialect.ts';
import { type Instruction, slotCount } from './instruction.ts';
import { atomicOf, type Form, formOf, type Width } from './isa.ts';
import { BPF_ADDR_PERCPU, BPF_ADDR_SPACE_CAST } from './opcode.ts';

/**
 * One instruction as text.
 *
 * `'bpftool'` (default) is the form of `bpftool prog dump xlated` and of the verifier's log: `(07) r1 += 8`. An
 * instruction that still refers to something by name shows the name where bpftool shows a number:
 * `r1 = map[events]`. `'llvm'` is that of `llvm-objdump -d` with 32-bit registers and decimal numbers: `r1 += 8`.
 *
 * Names are printed as they are: escape the text before it reaches a terminal if they come from outside.
 *
 * Source: `kernel/bpf/disasm.c`, bpftool's `xlated_dumper.c`, LLVM's `BPFInstPrinter.cpp`.
 */
export function formatInstruction(instruction: Instruction, style: Style = 'bpftool'): string {
  const { opcode } = instruction;
  const form = formOf(opcode);
  const dialect = DIALECTS[style];
  const text = form === undefined ? undefined : textOf(form, instruction, dialect);
  return text === undefined ? dialect.unknown(opcode) : dialect.line(opcode, text);
}

/**
 * A program as lines of text: each instruction with the slot it begins at, before it `; text` where its source line
 * changes, and `name:` where a subprogram begins.
 *
 * @example
 * ```ts
 * console.log(formatInstructions(parseInstructions(bytes)).join('\n'));
 * //    0: (b7) r0 = 0
 * //    1: (95) exit
 * ```
 */
export function formatInstructions(instructions: readonly Instruction[], style: Style = 'bpftool'): string[] {
  const lines: string[] = [];
  let slot = 0;
  let lastSource: Instruction['source'];
  for (const instruction of instructions) {
    const { symbol, source } = instruction;
    if (symbol !== undefined) lines.push(`${symbol}:`);
    const isNewLine = source?.line !== lastSource?.line || source?.file !== lastSource?.file;
    if (source !== undefined && isNewLine) lines.push(`; ${source.text}`);
    if (source !== undefined) lastSource = source;
    lines.push(DIALECTS[style].slot(slot) + formatInstruction(instruction, style));
    slot += slotCount(instruction);
  }
  return lines;
}

/** The instruction in words; undefined for an operation that does not exist. */
function textOf(form: Form, instruction: Instruction, dialect: Dialect): string | undefined {
  const { dst, src, offset, imm } = instruction;
  switch (form.kind) {
    case 'alu':
      return aluText(form, instruction);
    case 'neg':
      return `${register(form.bits, dst)} = -${register(form.bits, dst)}`;
    case 'swap':
      return `r${dst} = ${form.to}${imm} r${dst}`;
    case 'jumpIf': {
      const operand = form.operand === 'reg' ? register(form.bits, src) : dialect.compared(imm);
      const left = register(form.bits, dst);
      return `if ${left} ${form.condition} ${operand} goto ${dialect.target(offset)}`;
    }
    case 'jump':
      return `goto ${dialect.target(offset)}`;
    case 'gotol':
      return `gotol ${dialect.target(imm)}`;
    case 'gotox':
      return `gotox r${dst}`;
    case 'mayGoto':
      return `may_goto ${dialect.target(offset)}`;
    case 'call':
      return `call ${dialect.callee(instruction)}`;
    case 'exit':
    case 'nospec':
      return form.kind;
    case 'ldImm64':
      return `r${dst} = ${dialect.constant(instruction)}`;
    case 'load':
      return `${dialect.value(form.width, dst)} = *(${form.width} *)(${dialect.address(src, offset)})`;
    case 'store': {
      const value = form.operand === 'reg' ? dialect.value(form.width, src) : imm;
      return `*(${form.width} *)(${dialect.address(dst, offset)}) = ${value}`;
    }
    case 'atomic':
      return atomicText(form.width, instruction, dialect);
    case 'loadAbs':
      return `r0 = *(${form.width} *)skb[${imm}]`;
    case 'loadInd':
      return `r0 = *(${form.width} *)skb[${dialect.packetOffset(src, imm)}]`;
  }
}

function aluText(form: Form & { kind: 'alu' }, { dst, src, offset, imm }: Instruction): string {
  const { symbol, operand, bits } = form;
  const left = register(bits, dst);
  if (operand === 'imm' || symbol !== '=') {
    const isSigned = (symbol === '/=' || symbol === '%=') && offset === 1;
    const right = operand === 'reg' ? register(bits, src) : imm;
    return `${left} ${isSigned ? 's' : ''}${symbol} ${right}`;
  }
  if (offset === BPF_ADDR_PERCPU) return `${left} = &(void __percpu *)(r${src})`;
  if (offset === BPF_ADDR_SPACE_CAST) {
    return `${left} = addr_space_cast(r${src}, ${imm >>> 16}, ${imm & 0xffff})`;
  }
  return `${left} = ${offset === 0 ? '' : `(s${offset})`}${register(bits, src)}`;
}

function atomicText(width: Width, instruction: Instruction, dialect: Dialect): string | undefined {
  const { dst, src, offset, imm } = instruction;
  const operation = atomicOf(imm);
  if (operation === undefined) return undefined;
  const pointer = `(${width} *)(${dialect.address(dst, offset)})`;
  const value = dialect.value(width, src);
  switch (operation.kind) {
    case 'modify':
      return `lock *${pointer} ${operation.symbol} ${value}`;
    case 'fetch':
      return `${value} = ${dialect.fetch(width, operation.name)}(${pointer}, ${value})`;
    case 'xchg':
      return `${value} = ${dialect.exchange('xchg', width, dst, offset)}, ${value})`;
    case 'cmpxchg': {
      const r0 = dialect.value(width, 0);
      return `${r0} = ${dialect.exchange('cmpxchg', width, dst, offset)}, ${r0}, ${value})`;
    }
    case 'loadAcquire':
      return `${dialect.value(width, dst)} = load_acquire((${width} *)(${dialect.address(src, offset)}))`;
    case 'storeRelease':
      return `store_release(${pointer}, ${value})`;
  }
}

function register(bits: 32 | 64, number: number): string {
  return `${bits === 32 ? 'w' : 'r'}${number}`;
}

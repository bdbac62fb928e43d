import type { Instruction } from './instruction.ts';
import { atomicOf, type Form, formOf, type Width } from './isa.ts';
import {
  BPF_ADDR_PERCPU,
  BPF_ADDR_SPACE_CAST,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_IDX_VALUE,
} from './opcode.ts';

/** R11 (`BPF_REG_AX`) is the kernel's scratch register; it appears in dumps only. */
const LAST_REGISTER = 11;

/** Fields that an instruction uses; all others are 0. */
type Field = 'dst' | 'src' | 'offset' | 'imm';

/**
 * What `instruction` would have to be to be one of the standard's, or undefined if it is: the opcode exists, the
 * fields it uses hold what they may, the others are 0. Looks at the first slot of an `ld_imm64` only.
 */
export function expectationOf(instruction: Instruction): string | undefined {
  const { opcode, dst, src } = instruction;
  const form = formOf(opcode);
  if (form === undefined) return `a BPF opcode, not 0x${opcode.toString(16).padStart(2, '0')}`;
  if (dst > LAST_REGISTER || src > LAST_REGISTER) return `a register, not r${Math.max(dst, src)}`;
  const used = usedFields(form, instruction);
  if (typeof used === 'string') return used;
  for (const field of ['dst', 'src', 'offset', 'imm'] as const) {
    if (instruction[field] !== 0 && !used.includes(field)) {
      return `${field} to be 0 in ${form.kind} (opcode 0x${opcode.toString(16)}), not ${instruction[field]}`;
    }
  }
  return undefined;
}

/** The fields in use, or what was expected instead of the value of one of them. */
function usedFields(form: Form, instruction: Instruction): readonly Field[] | string {
  const { src, imm } = instruction;
  switch (form.kind) {
    case 'alu':
      return aluFields(form, instruction);
    case 'neg':
    case 'gotox':
      return ['dst'];
    case 'swap':
      return imm === 16 || imm === 32 || imm === 64
        ? ['dst', 'imm']
        : `a swap of 16, 32 or 64 bits, not ${imm}`;
    case 'jumpIf':
      return form.operand === 'reg' ? ['dst', 'src', 'offset'] : ['dst', 'imm', 'offset'];
    case 'jump':
    case 'mayGoto':
      return ['offset'];
    case 'gotol':
      return ['imm'];
    case 'call':
      return src <= BPF_PSEUDO_KFUNC_CALL ? ['src', 'offset', 'imm'] : `a kind of call, not ${src}`;
    case 'exit':
    case 'nospec':
      return [];
    case 'ldImm64':
      return src <= BPF_PSEUDO_MAP_IDX_VALUE
        ? ['dst', 'src', 'imm']
        : `a pseudo source of ld_imm64, not ${src}`;
    case 'load':
      return ['dst', 'src', 'offset'];
    case 'store':
      return form.operand === 'reg' ? ['dst', 'src', 'offset'] : ['dst', 'imm', 'offset'];
    case 'atomic':
      return isAtomic(form.width, imm)
        ? ['dst', 'src', 'offset', 'imm']
        : `an atomic operation on ${form.width}, not 0x${(imm >>> 0).toString(16)}`;
    case 'loadAbs':
      return ['imm'];
    case 'loadInd':
      return ['src', 'imm'];
  }
}

function aluFields(form: Form & { kind: 'alu' }, { offset, imm }: Instruction): readonly Field[] | string {
  const { symbol, operand, bits } = form;
  const wide = bits === 64;
  const variants: readonly number[] =
    symbol === '/=' || symbol === '%='
      ? [1]
      : symbol === '=' && operand === 'reg'
        ? wide
          ? [8, 16, 32, BPF_ADDR_SPACE_CAST, BPF_ADDR_PERCPU]
          : [8, 16]
        : [];
  if (offset !== 0 && !variants.includes(offset)) {
    return `a variant of "${symbol}" that exists, not offset ${offset}`;
  }
  if (operand === 'imm') return ['dst', 'offset', 'imm'];
  const isCast = wide && symbol === '=' && offset === BPF_ADDR_SPACE_CAST;
  return isCast && imm !== 0 ? ['dst', 'src', 'offset', 'imm'] : ['dst', 'src', 'offset'];
}

/** Only acquire and release exist for 8 and 16 bits. */
function isAtomic(width: Width, imm: number): boolean {
  const operation = atomicOf(imm);
  if (operation === undefined) return false;
  const isOrdered = operation.kind === 'loadAcquire' || operation.kind === 'storeRelease';
  return isOrdered || width === 'u32' || width === 'u64';
}

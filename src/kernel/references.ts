import { BPF_PSEUDO_BTF_ID, type Instruction, LD_IMM64, type Reference } from '../asm/index.ts';
import { NotFoundError, nearest } from '../errors/index.ts';
import { hiddenSymbols, kallsyms } from './kallsyms.ts';
import { vmlinuxBtf } from './machine.ts';
import type { ModuleSymbol, ModuleSymbols } from './module-types.ts';

/** libbpf's id for a helper that does not exist, by which the verifier tells that a weak kfunc is missing. */
const POISON_CALL_KFUNC = 2002000000;

/**
 * Puts numbers in the place of the names that instructions refer to: fds of maps, and ids or addresses of what the
 * kernel and its modules have (`bpf_object__relocate_data`, `bpf_object__resolve_ksyms_btf_id`).
 *
 * @param modules takes note of what is found in modules, and has to be open until the program is loaded.
 * @throws NotFoundError for a name that does not exist and is not weak; PermissionError where the kernel hides the
 *   addresses that a program asks for.
 */
export function resolveReferences(
  program: string,
  instructions: readonly Instruction[],
  mapFds: ReadonlyMap<string, number>,
  modules: ModuleSymbols,
): Instruction[] {
  return instructions.map((instruction) => {
    const { reference } = instruction;
    switch (reference?.kind) {
      case 'map':
        return { ...instruction, imm64: BigInt(fdOf(program, reference.name, mapFds)) };
      case 'mapValue': {
        const offset = BigInt.asUintN(32, BigInt(reference.offset)) << 32n;
        return { ...instruction, imm64: offset | BigInt(fdOf(program, reference.name, mapFds)) };
      }
      case 'kfunc':
        return toFunction(program, instruction, reference, modules);
      case 'ksym':
        return toVariable(program, instruction, reference, modules);
      default:
        return instruction;
    }
  });
}

function fdOf(program: string, name: string, mapFds: ReadonlyMap<string, number>): number {
  const fd = mapFds.get(name);
  if (fd !== undefined) return fd;
  throw new NotFoundError({
    message: `program ${program} uses map ${name}, which its object does not have`,
    remedy: `Maps of the object: ${[...mapFds.keys()].join(', ') || 'none'}.`,
  });
}

function toFunction(
  program: string,
  instruction: Instruction,
  { name, weak }: Reference & { kind: 'kfunc' },
  modules: ModuleSymbols,
): Instruction {
  const symbol = find('func', name, modules);
  if (symbol === undefined && weak !== true) throw missing(program, 'func', name);
  if (instruction.opcode === LD_IMM64) return address(instruction, symbol);
  if (symbol === undefined) return { ...instruction, src: 0, imm: POISON_CALL_KFUNC };
  return { ...instruction, imm: symbol.id, offset: symbol.index };
}

function toVariable(
  program: string,
  instruction: Instruction,
  reference: Reference & { kind: 'ksym' },
  modules: ModuleSymbols,
): Instruction {
  const { name, weak, type } = reference;
  if (type !== undefined) {
    const symbol = find('var', name, modules);
    if (symbol === undefined && weak !== true) throw missing(program, 'var', name);
    return address(instruction, symbol);
  }
  const found = kallsyms(name);
  if (found === undefined && weak !== true) throw missing(program, 'symbol', name);
  // Symbols of per-CPU data begin at 0.
  if (found === 0n && kallsyms('_stext') === 0n) throw hiddenSymbols();
  return { ...instruction, src: 0, imm: 0, imm64: found ?? 0n };
}

/** In the kernel itself, whose fd and index are 0, or else in its modules. */
function find(kind: 'func' | 'var', name: string, modules: ModuleSymbols): ModuleSymbol | undefined {
  const id = vmlinuxBtf().find(kind, name);
  return id === undefined ? modules.find(kind, name) : { id, fd: 0, index: 0 };
}

/** The address of what has a BTF id in the kernel or the module whose fd is behind it; or 0. */
function address(instruction: Instruction, symbol: ModuleSymbol | undefined): Instruction {
  if (symbol === undefined) return { ...instruction, src: 0, imm: 0, imm64: 0n };
  const imm64 = (BigInt(symbol.fd) << 32n) | BigInt(symbol.id);
  return { ...instruction, src: BPF_PSEUDO_BTF_ID, imm: 0, imm64 };
}

function missing(program: string, kind: 'func' | 'var' | 'symbol', name: string): NotFoundError {
  const what = { func: 'kernel function', var: 'kernel variable', symbol: 'kernel symbol' }[kind];
  const close = kind === 'symbol' ? [] : nearest(name, vmlinuxBtf().names(kind));
  const near = close.length > 0 ? `Near it: ${close.join(', ')}. ` : '';
  return new NotFoundError({
    message: `program ${program} needs ${what} ${name}, which neither this kernel nor a module that is loaded has`,
    remedy: `${near}Load its module if it is of one. Declare it __weak where the program can do without.`,
  });
}

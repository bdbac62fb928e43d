import { NotSupportedError, ObjectFormatError } from '../../errors/index.ts';
import { Attr } from '../../sys/index.ts';

/** Where one argument of a USDT probe is while the probe is passed. */
export interface UsdtArg {
  readonly from: 'constant' | 'register' | 'memory';
  /** A constant, or bytes from the register's value to the memory. */
  readonly value: bigint;
  /** Place of the register in `struct pt_regs`, in bytes; 0 for constants. */
  readonly register: number;
  readonly signed: boolean;
  /** 1, 2, 4 or 8. */
  readonly size: number;
}

/** `BPF_USDT_MAX_ARG_CNT`. */
const MAX_ARGS = 12;

/**
 * Reads the arguments of a probe as its note has them, `-4@%edi 8@-16(%rbp) 4@$7` [libbpf's `parse_usdt_spec`]: size in
 * bytes, negative where signed, then an operand in the words of the processor's assembler.
 *
 * @throws NotSupportedError for an operand of another form (floating point, scaled index, relative to the program
 *   counter) and on processors other than x64 and arm64; ObjectFormatError when it is none at all.
 */
export function parseUsdtArgs(text: string, arch: string): UsdtArg[] {
  const operand = OPERANDS[arch];
  const args = [...text.matchAll(/\s*(\S+?)@(\[[^\]]*\]|\S+)/gy)];
  const length = args.reduce((sum, [match]) => sum + match.length, 0);
  if (text.slice(length).trim() !== '' || args.length > MAX_ARGS) {
    const expected = `at most ${MAX_ARGS} arguments of the form SIZE@OPERAND, not "${text}"`;
    throw new ObjectFormatError({ what: 'a USDT note', offset: length, expected });
  }
  return args.map(([, size, place]) => {
    const where = /^-?[1248]$/.test(size!) ? operand?.(place!) : undefined;
    if (where === undefined) throw unsupported(`${size}@${place}`, arch);
    return { ...where, signed: size!.startsWith('-'), size: Math.abs(Number(size)) };
  });
}

type Where = Pick<UsdtArg, 'from' | 'value' | 'register'>;

const OPERANDS: Readonly<Record<string, (text: string) => Where | undefined>> = {
  x64: onX64,
  arm64: onArm64,
};

/** `$7`, `%rax`, `(%rax)`, `-16(%rbp)`. */
function onX64(text: string): Where | undefined {
  const constant = /^\$(-?\w+)$/.exec(text);
  if (constant !== null) return constantOf(constant[1]!);
  const place = /^(?:(-?\w*)\()?%(\w+)(\)?)$/.exec(text);
  if (place === null || (place[1] === undefined) !== (place[3] === '')) return undefined;
  return registerOf(x64Register(place[2]!), place[1]);
}

/** `7`, `x0`, `[sp]`, `[sp, 16]`. */
function onArm64(text: string): Where | undefined {
  if (/^-?\d/.test(text)) return constantOf(text);
  const memory = /^\[\s*(\w+)\s*(?:,\s*(-?\w+)\s*)?\]$/.exec(text);
  return memory === null
    ? registerOf(arm64Register(text), undefined)
    : registerOf(arm64Register(memory[1]!), memory[2] ?? '0');
}

function constantOf(text: string): Where | undefined {
  const value = numberOf(text);
  return value === undefined ? undefined : { from: 'constant', value, register: 0 };
}

/** @param displacement of memory; absent for the register itself. */
function registerOf(register: number | undefined, displacement: string | undefined): Where | undefined {
  if (register === undefined) return undefined;
  if (displacement === undefined) return { from: 'register', value: 0n, register };
  const value = numberOf(displacement === '' ? '0' : displacement);
  return value === undefined ? undefined : { from: 'memory', value, register };
}

function numberOf(text: string): bigint | undefined {
  const [, sign, digits] = /^(-?)(0x[0-9a-f]+|\d+)$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return sign === '-' ? -BigInt(digits) : BigInt(digits);
}

/** Registers of `struct pt_regs` (arch/x86/include/uapi/asm/ptrace.h), 8 bytes each; empty: not for arguments. */
const X64_REGISTERS = 'r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di  ip   sp'.split(' ');

/** Place of `rax`, `eax`, `ax` or `al`, of `r8`, `r8d`, `r8w` or `r8b`. */
function x64Register(name: string): number | undefined {
  const base = /^r\d+[dwb]?$/.test(name)
    ? name.replace(/[dwb]$/, '')
    : name
        .replace(/^[re](?=..$)/, '')
        .replace(/^([a-d])l$/, '$1x')
        .replace(/^(..)l$/, '$1');
  const index = X64_REGISTERS.indexOf(base);
  return index < 0 || base === '' ? undefined : index * 8;
}

/** `struct user_pt_regs` (arch/arm64/include/uapi/asm/ptrace.h): x0 to x30, sp. */
function arm64Register(name: string): number | undefined {
  const index = name === 'sp' ? 31 : Number(/^[xw]([12]?\d|30)$/.exec(name)?.[1] ?? Number.NaN);
  return Number.isNaN(index) ? undefined : index * 8;
}

function unsupported(argument: string, arch: string): NotSupportedError {
  return new NotSupportedError({
    feature: 'USDT arguments',
    message: `the argument ${argument} of a USDT probe cannot be read on ${arch}`,
    remedy: 'Attach a program that does not read arguments, or a uprobe at the function around it.',
  });
}

/** `enum __bpf_usdt_arg_type`. */
const FROM = { constant: 0, register: 1, memory: 2 } as const;

/** Bytes of `struct __bpf_usdt_spec`. */
export const USDT_SPEC_SIZE = 208;

/**
 * What `bpf_usdt_arg()` of libbpf's `usdt.bpf.h` reads (`struct __bpf_usdt_spec`):
 *
 * ```
 *   0 args[12]:  0 u64 val_off, 8 u32 arg_type, 12 s16 reg_off, 14 u8 arg_signed, 15 u8 arg_bitshift
 * 192 u64 usdt_cookie
 * 200 s16 arg_cnt
 * ```
 */
export function encodeUsdtSpec(args: readonly UsdtArg[], cookie: bigint): Uint8Array {
  const spec = new Attr(USDT_SPEC_SIZE).u64(192, cookie).u16(200, args.length);
  for (const [i, arg] of args.entries()) {
    const at = i * 16;
    spec
      .u64(at, arg.value)
      .u32(at + 8, FROM[arg.from])
      .u16(at + 12, arg.register);
    spec.bytes[at + 14] = arg.signed ? 1 : 0;
    spec.bytes[at + 15] = 64 - arg.size * 8;
  }
  return spec.bytes;
}

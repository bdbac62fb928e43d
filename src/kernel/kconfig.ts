import { existsSync, readFileSync } from 'node:fs';
import { type Btf, type BtfType, HOST_LITTLE_ENDIAN } from '../btf/index.ts';
import { ArgumentError, NotFoundError } from '../errors/index.ts';
import type { VariableSpec } from '../spec/index.ts';
import { kallsyms } from './kallsyms.ts';
import { isAtLeast, kernelRelease, kernelVersionCode } from './machine.ts';

/** What C programs read options into, as far as libbpf knows (`find_kcfg_type`). */
type Target =
  | { readonly kind: 'bool' | 'char' | 'int'; readonly signed: boolean }
  | { readonly kind: 'tristate' | 'text' };

/** `enum libbpf_tristate`. */
const TRISTATE: Readonly<Record<string, number>> = { n: 0, y: 1, m: 2 };

/**
 * Contents of the map `.kconfig`: each variable gets the value of the kernel's option of its name, or of one of
 * libbpf's own (`LINUX_KERNEL_VERSION` and so on).
 *
 * @param size of the contents in bytes.
 * @param option gives the value of an option as the configuration writes it: that of the running kernel.
 * @throws NotFoundError for one that the kernel does not have and that is not weak; ArgumentError for a value that its
 *   type cannot hold.
 * Source: `bpf_object__resolve_externs` in libbpf.
 */
export function kconfigContents(
  size: number,
  variables: readonly VariableSpec[],
  option: (name: string) => string | undefined = kernelOption(),
): Uint8Array {
  const contents = new Uint8Array(size);
  const view = new DataView(contents.buffer);
  for (const variable of variables) {
    const value = option(variable.name);
    if (value !== undefined) write(view, variable, value);
    else if (variable.weak !== true) {
      throw new NotFoundError({
        message: `the configuration of this kernel has no ${variable.name}, which the object needs`,
        remedy: 'Declare it __weak: it is 0 then.',
      });
    }
  }
  return contents;
}

/** The options of the running kernel, read when the first of them is asked for. */
function kernelOption(): (name: string) => string | undefined {
  let config: Map<string, string> | undefined;
  return (name) => {
    const own = OWN.get(name);
    if (own !== undefined) return String(own());
    if (!name.startsWith('CONFIG_')) return undefined;
    config ??= readConfig();
    return config.get(name);
  };
}

/** Options that no kernel has and libbpf answers itself. */
const OWN: ReadonlyMap<string, () => number> = new Map([
  ['LINUX_KERNEL_VERSION', kernelVersionCode],
  ['LINUX_HAS_BPF_COOKIE', () => Number(isAtLeast(kernelRelease(), 5, 15))],
  [
    'LINUX_HAS_SYSCALL_WRAPPER',
    () => Number(['x64', 'arm64', 's390x', 'riscv'].some((m) => kallsyms(`__${m}_sys_bpf`) !== undefined)),
  ],
]);

function readConfig(): Map<string, string> {
  const path = `/boot/config-${kernelRelease().text}`;
  const text = existsSync(path) ? readFileSync(path, 'utf8') : fromProc();
  const lines = text.split('\n').filter((line) => line.startsWith('CONFIG_'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

function fromProc(): string {
  if (existsSync('/proc/config.gz')) {
    // Not imported: few objects ask.
    const { gunzipSync } = process.getBuiltinModule('node:zlib');
    return gunzipSync(readFileSync('/proc/config.gz')).toString('utf8');
  }
  throw new NotFoundError({
    message:
      'the configuration of this kernel is neither in /boot nor at /proc/config.gz, and the object needs it',
    remedy: `Put it at /boot/config-${kernelRelease().text}.`,
  });
}

function write(view: DataView, { name, offset, size, type }: VariableSpec, value: string): void {
  const target = targetOf(type.btf, type.id, size);
  const refuse = (): ArgumentError =>
    new ArgumentError({
      message: `option ${name} of this kernel is ${value}, which the type of the object's variable cannot hold`,
      remedy:
        'Options that are y, n or m need a bool, char or enum libbpf_tristate; texts a char array; numbers an int.',
    });
  if (target === undefined) throw refuse();
  if (/^[ynm]$/.test(value)) {
    if (target.kind === 'char') view.setUint8(offset, value.charCodeAt(0));
    else if (target.kind === 'tristate') put(view, offset, size, BigInt(TRISTATE[value]!));
    else if (target.kind === 'bool' && value !== 'm') view.setUint8(offset, TRISTATE[value]!);
    else throw refuse();
  } else if (value.startsWith('"')) {
    if (target.kind !== 'text') throw refuse();
    const text = new TextEncoder().encode(value.slice(1, -1)).subarray(0, size - 1);
    new Uint8Array(view.buffer).set(text, offset);
  } else {
    if (!('signed' in target) || !/^-?(0x[0-9a-f]+|\d+)$/i.test(value)) throw refuse();
    const number = value.startsWith('-') ? -BigInt(value.slice(1)) : BigInt(value);
    const held = target.signed ? BigInt.asIntN(size * 8, number) : BigInt.asUintN(size * 8, number);
    if (held !== number || (target.kind === 'bool' && number > 1n)) throw refuse();
    put(view, offset, size, number);
  }
}

function put(view: DataView, offset: number, size: number, value: bigint): void {
  for (let i = 0; i < size; i++) {
    const shift = BigInt((HOST_LITTLE_ENDIAN ? i : size - 1 - i) * 8);
    view.setUint8(offset + i, Number((value >> shift) & 0xffn));
  }
}

function targetOf(btf: Btf, id: number, size: number): Target | undefined {
  const type: BtfType = btf.type(btf.resolve(id));
  if (type.kind === 'int') {
    if (type.bool) return size === 1 ? { kind: 'bool', signed: false } : undefined;
    if (size > 8) return undefined;
    return { kind: size === 1 ? 'char' : 'int', signed: type.signed };
  }
  if (type.kind === 'enum' || type.kind === 'enum64') {
    return type.name === 'libbpf_tristate' ? { kind: 'tristate' } : undefined;
  }
  if (type.kind !== 'array' || type.count === 0) return undefined;
  const element = btf.type(btf.resolve(type.type));
  return element.kind === 'int' && element.size === 1 && !element.bool ? { kind: 'text' } : undefined;
}

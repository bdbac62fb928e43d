import { R6, type Register } from '../../asm/index.ts';
import type { Btf } from '../../btf/index.ts';
import type { FormatField } from '../../spec/index.ts';
import type { TraceBuilder } from './builder.ts';
import { type ArrayField, type Declared, type FieldSource, MAX_TEXT } from './field.ts';
import { type IntSize, isIntSize, width } from './int-size.ts';

/**
 * The fields of a tracepoint's record.
 *
 * In `syscalls` a `const char *` points into user memory, as all pointers there do. At `sys_enter_*` what it points to may not
 * be in memory yet, where a program cannot wait for it: the text is then empty.
 *
 * @param btf of the kernel, for the sizes of system calls' arguments.
 */
export function tracepointFields(
  category: string,
  name: string,
  fields: readonly FormatField[],
  btf: () => Btf,
): FieldSource {
  const syscall = category === 'syscalls';
  const declared = fields.map((field) => declare(field, syscall, btf));
  return {
    what: `tracepoint ${category}:${name}`,
    declared,
    find: (path) => declared.find((field) => field.name === path),
  };
}

function declare(field: FormatField, syscall: boolean, btf: () => Btf): Declared {
  const { name, type, offset, size } = field;
  const [, location, element] = /^(__data_loc|__rel_loc) (.*)\[\]$/.exec(type) ?? [];
  if (location !== undefined) {
    if (element !== 'char' || size !== 4) return { kind: 'unreadable', name, type };
    // The low half says where it is: counted from the record, or from the end of this field.
    const base = location === '__rel_loc' ? offset + size : 0;
    const address = (b: TraceBuilder, dst: Register): void => {
      b.load('u32', dst, R6, offset).and(dst, 0xffff).add(dst, R6);
      if (base > 0) b.add(dst, base);
    };
    return { kind: 'text', name, type, size: MAX_TEXT - 1, memory: 'kernel', address };
  }
  if (type.endsWith(']')) return declareArray(field);
  if (size === 8 && (type === 'const char *' || (type === 'char *' && !syscall))) {
    const address = (b: TraceBuilder, dst: Register) => b.load('u64', dst, R6, offset);
    return { kind: 'text', name, type, size: MAX_TEXT - 1, memory: syscall ? 'user' : 'kernel', address };
  }
  if (!isIntSize(size)) return { kind: 'unreadable', name, type };
  const isPointer = type.endsWith('*');
  const value = syscall && size === 8 && !isPointer ? argumentSize(type, btf) : undefined;
  const { size: valueSize, signed } = value ?? { size, signed: field.signed };
  return {
    kind: 'int',
    name,
    type,
    size: valueSize,
    signed,
    shownAs: isPointer ? 'pointer' : type === 'bool' ? 'bool' : 'number',
    load: (b, dst) => b.load(width(size), dst, R6, offset).extend(dst, valueSize, signed),
  };
}

function declareArray(field: FormatField): Declared {
  const { name, type, offset, size } = field;
  const element = type.slice(0, type.indexOf('['));
  const address = (b: TraceBuilder, dst: Register) => b.mov(dst, R6).add(dst, offset);
  if (size === 0) return { kind: 'unreadable', name, type };
  if (element === 'char') return { kind: 'text', name, type, size, memory: 'kernel', address };
  const elementSize = size / Number(/^\[(\d+)\]$/.exec(type.slice(element.length))?.[1]);
  if (!isIntSize(elementSize)) return { kind: 'unreadable', name, type };
  const of: ArrayField['element'] = { size: elementSize, signed: field.signed };
  return { kind: 'array', name, type, element: of, count: size / elementSize, address };
}

/** What the compiler calls int; its other words are typedefs to BTF. */
const C_INTS: Record<string, { size: IntSize; signed: boolean }> = {
  int: { size: 4, signed: true },
  unsigned: { size: 4, signed: false },
  'unsigned int': { size: 4, signed: false },
};

/**
 * The size of a system call's argument. Its record has the whole register, of which the upper part means nothing: `int dfd`
 * of −100 stands there as 4294967196.
 */
function argumentSize(type: string, btf: () => Btf): { size: IntSize; signed: boolean } | undefined {
  const name = type.replace(/^const /, '');
  if (Object.hasOwn(C_INTS, name)) return C_INTS[name];
  const id = /^\w+$/.test(name) ? btf().find('typedef', name) : undefined;
  const target = id === undefined ? undefined : btf().type(btf().resolve(id));
  return target?.kind === 'int' && isIntSize(target.size)
    ? { size: target.size, signed: target.signed }
    : undefined;
}

import type { Btf } from '../../btf/index.ts';
import { type FormatField, parseFormat } from '../../spec/index.ts';

/** Sizes of what the compiler itself knows. */
const C_TYPES: ReadonlyMap<string, number> = new Map([
  ['char', 1],
  ['signed char', 1],
  ['unsigned char', 1],
  ['short', 2],
  ['unsigned short', 2],
  ['int', 4],
  ['unsigned', 4],
  ['unsigned int', 4],
  ['long', 8],
  ['unsigned long', 8],
  ['long long', 8],
  ['unsigned long long', 8],
]);

/**
 * The struct that `TRACEPOINT_PROBE(category, event)` calls `args`, in C on one line, from the text of the tracepoint's
 * `format` file. BTF does not have it: system calls share one type.
 *
 * Fields have the types that the file names where those are known and fit; others become integers of their width. In
 * records of system calls each argument takes 8 bytes, of which those beyond its type mean nothing. A field
 * `__data_loc char[] name` becomes `data_loc_name`: where the bytes are in its low half, how many in its high half.
 *
 * @param btf of the kernel, for the sizes of types.
 * @throws ObjectFormatError for a text that is no such file.
 */
export function tracepointStruct(category: string, event: string, format: string, btf: () => Btf): string {
  const fields = parseFormat(format, `tracepoint ${category}:${event}`);
  const members: string[] = [];
  const forwards = new Set<string>();
  let at = 0;
  let paddings = 0;
  let isPacked = false;
  const pad = (to: number): void => {
    if (to > at) members.push(`char rt_padding${paddings++}[${to - at}];`);
    at = Math.max(at, to);
  };
  for (const field of [...fields].sort((a, b) => a.offset - b.offset)) {
    if (field.offset < at || field.size === 0) continue; // an array without end, or one over another
    pad(field.offset);
    const { text, size, alignment, struct } = declare(field, btf);
    if (struct !== undefined) forwards.add(struct);
    if (at % alignment !== 0) isPacked = true;
    members.push(`${text};`);
    at += size;
  }
  const attribute = isPacked ? '__attribute__((packed)) ' : '';
  const declarations = [...forwards].map((name) => `${name}; `).join('');
  return `${declarations}struct ${attribute}tracepoint__${category}__${event} { ${members.join(' ')} };`;
}

interface Declaration {
  readonly text: string;
  readonly size: number;
  readonly alignment: number;
  /** `struct name` that the type points to. */
  readonly struct?: string;
}

function declare({ name, type, size, signed }: FormatField, btf: () => Btf): Declaration {
  if (/^__(?:data|rel)_loc /.test(type)) {
    const prefix = type.startsWith('__data') ? 'data_loc' : 'rel_loc';
    return { text: `int ${prefix}_${name}`, size: 4, alignment: 4 };
  }
  const [, element, length] = /^([\w *]+)\[(\w*)\]$/.exec(type) ?? [];
  if (element !== undefined) {
    const elementSize = sizeOf(element, btf);
    const fits = elementSize !== undefined && size % elementSize === 0 && length !== '';
    return fits
      ? { text: `${element} ${name}[${size / elementSize}]`, size, alignment: elementSize }
      : { text: `unsigned char ${name}[${size}]`, size, alignment: 1 };
  }
  if (type.endsWith('*') && size === 8) {
    const struct = /\b(?:struct|union) \w+/.exec(type)?.[0];
    const pointee = type.replace(/\b(?:const|volatile|__user)\b|\*/g, '').trim();
    const isKnown = struct !== undefined || pointee === 'void' || sizeOf(pointee, btf) !== undefined;
    return {
      text: isKnown ? `${type.replace(/\b__user\b/g, '')} ${name}` : `void *${name}`,
      size,
      alignment: 8,
      ...(struct === undefined ? {} : { struct }),
    };
  }
  const known = sizeOf(type, btf);
  if (known !== undefined && known <= size) return { text: `${type} ${name}`, size: known, alignment: known };
  const words: Record<number, string> = { 1: 'char', 2: 'short', 4: 'int', 8: 'long long' };
  const word = words[size];
  return word === undefined
    ? { text: `unsigned char ${name}[${size}]`, size, alignment: 1 }
    : { text: `${signed ? 'signed' : 'unsigned'} ${word} ${name}`, size, alignment: size };
}

/** Bytes of an integer, enum or pointer that a type's name stands for; undefined where the kernel does not tell. */
function sizeOf(type: string, btf: () => Btf): number | undefined {
  const name = type.replace(/\b(?:const|volatile)\b/g, '').trim();
  if (name.endsWith('*')) return 8;
  const known = C_TYPES.get(name);
  if (known !== undefined) return known;
  const [, tag] = /^enum (\w+)$/.exec(name) ?? [];
  const id =
    tag !== undefined
      ? btf().find('enum', tag)
      : /^\w+$/.test(name)
        ? btf().find('typedef', name)
        : undefined;
  if (id === undefined) return undefined;
  const { kind } = btf().type(btf().resolve(id));
  return kind === 'int' || kind === 'enum' || kind === 'ptr' ? btf().sizeof(id) : undefined;
}

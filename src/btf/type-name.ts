import type { Btf } from './btf.ts';

/** Deepest chain of pointers, arrays and qualifiers that is spelled out. */
const MAX_DEPTH = 32;

/** A type as C names it, for people: `struct event`, `char[16]`, `const struct task_struct *`. */
export function formatType(btf: Btf, id: number, depth = 0): string {
  if (depth > MAX_DEPTH) return '…';
  const type = btf.type(id);
  const inner = (target: number): string => formatType(btf, target, depth + 1);
  switch (type.kind) {
    case 'void':
      return 'void';
    case 'ptr':
      return `${inner(type.type)} *`.replace('* *', '**');
    case 'array': {
      // The outer dimension comes first: int[2][3] is an array of arrays.
      const [, element, dimensions] = /^(.*?)((?:\[\d+\])*)$/s.exec(inner(type.type))!;
      return `${element}[${type.count}]${dimensions}`;
    }
    case 'const':
    case 'volatile':
    case 'restrict':
      return `${type.kind} ${inner(type.type)}`;
    case 'type_tag':
    case 'var':
      return inner(type.type);
    case 'struct':
    case 'union':
    case 'enum':
      return type.name === '' ? `${type.kind} { … }` : `${type.kind} ${type.name}`;
    case 'enum64':
      return type.name === '' ? 'enum { … }' : `enum ${type.name}`;
    case 'func_proto':
      return `${inner(type.returnType)} (*)(${type.params.map((param) => inner(param.type)).join(', ')})`;
    default:
      return type.name;
  }
}

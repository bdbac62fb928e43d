import type { Btf } from '../../btf/index.ts';

/** A type as C writes it in front of a name, without the attributes: `const char *`, `struct task_struct *`, `u8[16]`. */
export function typeName(btf: Btf, id: number, depth = 0): string {
  const type = btf.type(id);
  if (depth > 32) return '…';
  switch (type.kind) {
    case 'void':
      return 'void';
    case 'ptr': {
      const to = typeName(btf, type.type, depth + 1);
      return to.endsWith('*') ? `${to}*` : `${to} *`;
    }
    case 'const':
    case 'volatile':
    case 'restrict':
      return `${type.kind} ${typeName(btf, type.type, depth + 1)}`;
    case 'type_tag':
      return typeName(btf, type.type, depth + 1);
    case 'array':
      return `${typeName(btf, type.type, depth + 1)}[${type.count}]`;
    case 'struct':
    case 'union':
      return `${type.kind} ${type.name || '{…}'}`;
    case 'enum':
    case 'enum64':
      return `enum ${type.name || '{…}'}`;
    case 'fwd':
      return `${type.declares} ${type.name}`;
    case 'func_proto':
      return 'function';
    default:
      return type.name;
  }
}

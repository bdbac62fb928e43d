import type { Btf } from './btf.ts';
import type { BtfFuncProto } from './types.ts';

/** Most types that are spelled out, one within another or side by side as parameters. */
const MAX_TYPES = 64;

/** A type as C names it, for people: `struct event`, `char[16]`, `const struct task_struct *`; `…` where it goes on too long. */
export function formatType(btf: Btf, id: number): string {
  return new Speller(btf).spell(id);
}

class Speller {
  readonly #btf: Btf;
  #left = MAX_TYPES;

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  spell(id: number): string {
    // Not by depth: a callback that takes itself twice would double at each level.
    if (this.#left-- <= 0) return '…';
    const type = this.#btf.type(id);
    switch (type.kind) {
      case 'void':
        return 'void';
      case 'ptr': {
        const target = this.#btf.type(type.type);
        if (target.kind === 'func_proto') return this.#spellFunction(target, ' (*)');
        return `${this.spell(type.type)} *`.replace('* *', '**');
      }
      case 'array': {
        // The outer dimension comes first: int[2][3] is an array of arrays.
        const [, element, dimensions] = /^(.*?)((?:\[\d+\])*)$/s.exec(this.spell(type.type))!;
        return `${element}[${type.count}]${dimensions}`;
      }
      case 'const':
      case 'volatile':
      case 'restrict':
        return `${type.kind} ${this.spell(type.type)}`;
      case 'type_tag':
      case 'var':
        return this.spell(type.type);
      case 'struct':
      case 'union':
      case 'enum':
        return type.name === '' ? `${type.kind} { … }` : `${type.kind} ${type.name}`;
      case 'enum64':
        return type.name === '' ? 'enum { … }' : `enum ${type.name}`;
      case 'func_proto':
        return this.#spellFunction(type, ' ');
      default:
        return type.name;
    }
  }

  #spellFunction({ returnType, params }: BtfFuncProto, name: string): string {
    const result = this.spell(returnType);
    // A last parameter without name and type stands for `...`.
    const texts = params.map((param, i) =>
      i === params.length - 1 && param.type === 0 ? '...' : this.spell(param.type),
    );
    return `${result}${name}(${texts.join(', ')})`;
  }
}

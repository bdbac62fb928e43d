import { ArgumentError } from '../errors/index.ts';
import type { Btf } from './btf.ts';
import { BtfBuilder } from './builder.ts';

/** Most types that an event can be made of. */
const LARGEST = 65_536;

/**
 * Copies a type, and what its values are made of, into a BTF of its own: a few hundred bytes that decode the same
 * events anywhere.
 *
 * @returns the blob, and the id of the type in it.
 * @throws what {@link copyType} throws.
 */
export function extractType(btf: Btf, id: number): { bytes: Uint8Array; id: number } {
  const builder = new BtfBuilder({ littleEndian: btf.littleEndian });
  const copy = copyType(builder, btf, id);
  return { bytes: builder.build(), id: copy };
}

/**
 * Adds a type, and what its values are made of, to a BTF in the making. Pointers become pointers to `void`: their targets
 * are not in the event.
 *
 * @param rename of structs, enums and their members; the empty name, of which there may be many, is not asked about.
 * @returns the id of the copy.
 * @throws ArgumentError for more types than {@link LARGEST}, or one without values (a function). ObjectFormatError.
 */
export function copyType(
  builder: BtfBuilder,
  btf: Btf,
  id: number,
  rename: (name: string) => string = (name) => name,
): number {
  const first = builder.nextId;
  const order: number[] = [];
  const ids = new Map<number, number>();
  const copyOf = (type: number): number => {
    const target = btf.resolve(type);
    if (target === 0) return 0;
    let copy = ids.get(target);
    if (copy === undefined) {
      copy = first + order.length;
      order.push(target);
      ids.set(target, copy);
    }
    return copy;
  };
  const named = <T extends { readonly name: string }>(part: T): T =>
    part.name === '' ? part : { ...part, name: rename(part.name) };
  const root = copyOf(id);
  for (let next = 0; next < order.length; next++) {
    const type = btf.type(order[next]!);
    switch (type.kind) {
      case 'int':
      case 'float':
        builder.add(type);
        break;
      case 'fwd':
        builder.add(named(type));
        break;
      case 'enum':
        builder.add({ ...named(type), values: type.values.map(named) });
        break;
      case 'enum64':
        builder.add({ ...named(type), values: type.values.map(named) });
        break;
      case 'ptr':
        builder.add({ kind: 'ptr', type: 0 });
        break;
      case 'array':
        builder.add({ ...type, type: copyOf(type.type), indexType: copyOf(type.indexType) });
        break;
      case 'struct':
      case 'union':
        builder.add({
          ...named(type),
          members: type.members.map((member) => ({ ...named(member), type: copyOf(member.type) })),
        });
        break;
      default:
        throw wrong(btf, `holds a ${type.kind}, which no event has`);
    }
    if (order.length > LARGEST) throw wrong(btf, `is made of more than ${LARGEST} types`);
  }
  return root;
}

function wrong(btf: Btf, what: string): ArgumentError {
  return new ArgumentError({
    message: `${btf.name}: the type of the events ${what}`,
    remedy: 'Name the type of the records.',
  });
}

import { ArgumentError } from '../errors/index.ts';
import type { Btf } from './btf.ts';
import { BtfBuilder } from './builder.ts';

/** Most types that an event can be made of. */
const LARGEST = 65_536;

/**
 * Copies a type, and what its values are made of, into a BTF of its own: a few hundred bytes that decode the same
 * events anywhere. Pointers become pointers to `void`: their targets are not in the event.
 *
 * @returns the blob, and the id of the type in it.
 * @throws ArgumentError for more types than {@link LARGEST}, or one without values (a function). ObjectFormatError.
 */
export function extractType(btf: Btf, id: number): { bytes: Uint8Array; id: number } {
  const builder = new BtfBuilder({ littleEndian: btf.littleEndian });
  const order: number[] = [];
  const ids = new Map<number, number>();
  const copyOf = (type: number): number => {
    const target = btf.resolve(type);
    if (target === 0) return 0;
    let copy = ids.get(target);
    if (copy === undefined) {
      order.push(target);
      copy = order.length;
      ids.set(target, copy);
    }
    return copy;
  };
  const root = copyOf(id);
  for (let next = 0; next < order.length; next++) {
    const type = btf.type(order[next]!);
    switch (type.kind) {
      case 'int':
      case 'enum':
      case 'enum64':
      case 'float':
      case 'fwd':
        builder.add(type);
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
          ...type,
          members: type.members.map((member) => ({ ...member, type: copyOf(member.type) })),
        });
        break;
      default:
        throw wrong(btf, `holds a ${type.kind}, which no event has`);
    }
    if (order.length > LARGEST) throw wrong(btf, `is made of more than ${LARGEST} types`);
  }
  return { bytes: builder.build(), id: root };
}

function wrong(btf: Btf, what: string): ArgumentError {
  return new ArgumentError({
    message: `${btf.name}: the type of the events ${what}`,
    remedy: 'Name the type of the records.',
  });
}

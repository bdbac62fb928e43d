import { ObjectFormatError } from '../errors/index.ts';
import type { Header } from './header.ts';
import { KINDS } from './types.ts';
import { TRAILERS, TYPE_SIZE } from './wire.ts';

/**
 * Walks the type section without decoding it.
 *
 * @param nameLimit first name offset that is out of range.
 * @returns for each type the offset of its record in the blob, every record within the section.
 * @throws ObjectFormatError at the first record that is of no known kind or does not fit.
 */
export function scanTypes(view: DataView, header: Header, nameLimit: number, what: string): Uint32Array {
  const { littleEndian, typesEnd } = header;
  const offsets = new Uint32Array(Math.floor((typesEnd - header.types) / TYPE_SIZE));
  let count = 0;
  let at = header.types;
  while (at < typesEnd) {
    if (at + TYPE_SIZE > typesEnd) throw fail(at, `a type of ${TYPE_SIZE} bytes`);
    const info = view.getUint32(at + 4, littleEndian);
    const kind = (info >>> 24) & 0x1f;
    if (kind === 0 || kind >= KINDS.length)
      throw fail(at + 4, `a kind of 1 to ${KINDS.length - 1}, not ${kind}`);
    const [fixed, each] = TRAILERS[kind]!;
    const end = at + TYPE_SIZE + fixed + each * (info & 0xffff);
    if (end > typesEnd) throw fail(at, `a ${KINDS[kind]} that ends by byte ${typesEnd}, not ${end}`);
    if (view.getUint32(at, littleEndian) >= nameLimit) throw fail(at, `a name offset below ${nameLimit}`);
    offsets[count++] = at;
    at = end;
  }
  return offsets.slice(0, count);

  function fail(offset: number, expected: string): ObjectFormatError {
    return new ObjectFormatError({ what, offset, expected });
  }
}

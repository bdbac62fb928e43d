import { NotSupportedError } from '../errors/index.ts';
import type { ObjectSpec } from '../spec/index.ts';

const HOST = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 'little' : 'big';

/** @throws NotSupportedError for an object made for machines of the other byte order. */
export function checkByteOrder({ name, byteOrder = HOST }: ObjectSpec): void {
  if (byteOrder === HOST) return;
  throw new NotSupportedError({
    feature: `${byteOrder}-endian BPF`,
    message: `object ${name} is ${byteOrder}-endian, this machine ${HOST}-endian`,
    remedy: `Compile it with \`clang -target ${HOST === 'little' ? 'bpfel' : 'bpfeb'}\`.`,
  });
}

/**
 * The object with what CO-RE has to write filled in for this kernel.
 *
 * @throws NotSupportedError for any CO-RE relocation, as yet.
 */
export function relocated(spec: ObjectSpec): ObjectSpec {
  for (const { name, instructions } of spec.programs) {
    if (instructions.every(({ relocation }) => relocation === undefined)) continue;
    throw new NotSupportedError({
      feature: 'CO-RE',
      message: `program ${name} of object ${spec.name} has CO-RE relocations, which are not supported yet`,
      remedy: 'Compile it without vmlinux.h and preserve_access_index.',
    });
  }
  return spec;
}

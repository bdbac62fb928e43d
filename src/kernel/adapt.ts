import { NotSupportedError } from '../errors/index.ts';
import { type ObjectSpec, relocate } from '../spec/index.ts';
import { moduleBtf, vmlinuxBtf } from './machine.ts';

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

/** The object with its CO-RE relocations made against the running kernel. @throws RelocationError. */
export function relocated(spec: ObjectSpec): ObjectSpec {
  const pending = spec.programs.some((p) => p.instructions.some((i) => i.relocation !== undefined));
  if (!pending) return spec;
  const vmlinux = vmlinuxBtf();
  const targets = {
    vmlinux,
    get modules() {
      return moduleBtf(vmlinux);
    },
  };
  return relocate(spec, targets).spec;
}

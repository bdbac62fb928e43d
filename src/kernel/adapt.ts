import { HOST_LITTLE_ENDIAN } from '../btf/index.ts';
import { ArgumentError, NotSupportedError } from '../errors/index.ts';
import { type ObjectSpec, relocate } from '../spec/index.ts';
import { moduleBtf, vmlinuxBtf } from './machine.ts';

const HOST = HOST_LITTLE_ENDIAN ? 'little' : 'big';

/** @throws NotSupportedError for an object made for machines of the other byte order. */
export function checkByteOrder({ name, byteOrder = HOST }: ObjectSpec): void {
  if (byteOrder === HOST) return;
  throw new NotSupportedError({
    feature: `${byteOrder}-endian BPF`,
    message: `object ${name} is ${byteOrder}-endian, this machine ${HOST}-endian`,
    remedy: `Compile it with \`clang -target ${HOST === 'little' ? 'bpfel' : 'bpfeb'}\`.`,
  });
}

/** Maps and programs are found by their names. @throws ArgumentError where two share one. */
export function checkNames({ name, maps, programs }: ObjectSpec): void {
  for (const [kind, parts] of Object.entries({ maps, programs })) {
    const seen = new Set<string>();
    for (const part of parts) {
      if (seen.has(part.name)) {
        throw new ArgumentError({
          message: `object ${name} has two ${kind} named "${part.name}"`,
          remedy: 'Give each a name of its own.',
        });
      }
      seen.add(part.name);
    }
  }
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

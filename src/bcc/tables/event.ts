import { createDecoder, type Decoder, recordMemory } from '../../btf/index.ts';
import { ArgumentError, RecordError } from '../../errors/index.ts';
import type { HeldRecord } from '../../ringbuf/index.ts';
import type { MapSpec } from '../../spec/index.ts';

/** Of copies; records in the ring have the one that the ring was opened with. */
const decoders = new WeakMap<MapSpec, Decoder<unknown>>();

/** A record of a table as an object. @throws ArgumentError where its type is not known; RecordError. */
export function decodeEvent<E>(spec: MapSpec, data: HeldRecord<E> | Uint8Array): E {
  const { name, event } = spec;
  if (event === undefined) {
    throw new ArgumentError({
      message: `the type of the events of ${name} is not known: ${spec.eventHint ?? 'the program submits none'}`,
      remedy: `Name it, new BPF({ types: { ${name}: 'struct …' } }), or read data.bytes.`,
    });
  }
  if (!(data instanceof Uint8Array)) return data.decode();
  const decoder = (decoders.get(spec) ?? createDecoder<E>(event.btf, event.id)) as Decoder<E>;
  decoders.set(spec, decoder);
  if (data.length < decoder.size) {
    throw new RecordError({
      message: `${data.length} bytes are shorter than the events of ${name}, which have ${decoder.size}`,
      remedy: 'Give event() the bytes of a whole record.',
    });
  }
  const copy = data.slice();
  return decoder.decode(recordMemory(copy.buffer, 0, copy.length), 0, copy.length);
}

import type { Decoder } from '../btf/index.ts';
import { BpfSyscallError } from '../errors/index.ts';
import { RingBuffer } from '../ringbuf/index.ts';
import type { HasFd } from './codec.ts';
import type { BpfMap } from './map.ts';

/** What the rings in a map of maps have in common. */
export interface InnerRingsOptions<E> {
  /** Makes events of records. Without it events are bytes. */
  readonly decoder?: Decoder<E>;
}

/**
 * Becomes the consumer of every ring that a map of maps holds, such as one for each CPU; a ring that is held twice
 * is opened once. The caller closes them. A `RingBufferGroup` reads them as one stream.
 *
 * @throws PermissionError without CAP_SYS_ADMIN, which ids take; ArgumentError where the map holds other maps;
 *   BusyError where a ring has a consumer in this process. Nothing is left open then.
 * @example
 * ```ts
 * const rings = openInnerRings(object.maps.events_by_cpu, { decoder });
 * const group = new RingBufferGroup<Event>();
 * for (const ring of rings) group.add(ring);
 * for await (const event of group.merged({ timestamp: 'time', windowMs: 20 })) console.log(event);
 * ```
 */
export function openInnerRings<E = Uint8Array, K = unknown>(
  map: BpfMap<K, number, HasFd>,
  options: InnerRingsOptions<E> = {},
): RingBuffer<E>[] {
  const rings = new Map<number, RingBuffer<E>>();
  try {
    for (const id of map.values()) {
      if (rings.has(id)) continue;
      const ring = takeOver(id, options);
      if (ring !== undefined) rings.set(id, ring);
    }
    return [...rings.values()];
  } catch (error) {
    for (const ring of rings.values()) ring.close();
    throw error;
  }
}

/** Undefined where the ring was taken out of the map this moment. */
function takeOver<E>(id: number, options: InnerRingsOptions<E>): RingBuffer<E> | undefined {
  try {
    return RingBuffer.takeOverId<E>(id, options);
  } catch (error) {
    if (error instanceof BpfSyscallError && error.errno === 'ENOENT') return undefined;
    throw error;
  }
}

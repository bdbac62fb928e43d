import { BusyError } from '../errors/index.ts';

/**
 * Ids of the rings that this process reads or fills. Two consumers would steal each other's records, two producers
 * overwrite them. (Each worker thread has a module state of its own: users in two threads are not noticed.)
 */
const taken = new Set<number>();

/** Notes who uses a ring. @throws BusyError when it has one already. */
export function register(mapId: number, name: string, role: 'consumer' | 'producer'): void {
  if (taken.has(mapId)) {
    throw new BusyError({
      message: `ring ${name} (map id ${mapId}) already has a ${role} in this process`,
      remedy:
        role === 'consumer'
          ? 'Share that RingBuffer, or close it first. To look without taking records, watch its stats().'
          : 'Share that UserRingBuffer, or close it first.',
    });
  }
  taken.add(mapId);
}

export function unregister(mapId: number): void {
  taken.delete(mapId);
}

import { BusyError } from '../errors/index.ts';

/**
 * Ids of the rings that have a consumer in this process. Two consumers would steal each other's records. (Each
 * worker thread has a module state of its own: consumers in two threads are not noticed.)
 */
const consumed = new Set<number>();

/** Notes a ring's consumer. @throws BusyError when it has one. */
export function register(mapId: number, name: string): void {
  if (consumed.has(mapId)) {
    throw new BusyError({
      message: `ring ${name} (map id ${mapId}) already has a consumer in this process`,
      remedy: 'Share that RingBuffer, or close it first. To look without taking records, watch its stats().',
    });
  }
  consumed.add(mapId);
}

export function unregister(mapId: number): void {
  consumed.delete(mapId);
}

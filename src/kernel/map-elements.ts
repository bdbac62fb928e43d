import { ArgumentError } from '../errors/index.ts';
import type { mapLookup } from '../sys/index.ts';
import { type Codec, checkSize, perCpuCodec } from './codec.ts';
import { possibleCpus } from './machine.ts';
import {
  batchSize,
  type EntrySizes,
  listsByBucket,
  type RawEntry,
  readEntries,
  readKeys,
} from './map-batch.ts';
import type { MapHandle } from './map-handle.ts';

/** Keys and values of a map on their way to bytes and back; errors name the map. */
export class MapElements<K, V, In> {
  readonly handle: MapHandle;
  readonly key: Codec<K>;
  readonly value: Codec<V, In>;
  /** Values are those of all CPUs. */
  readonly #isOfAllCpus: boolean;

  constructor(
    handle: MapHandle,
    { key, value }: { key: Codec<K>; value: Codec<V, In> },
    isOfAllCpus: boolean = !handle.isPerCpu,
  ) {
    this.handle = handle;
    this.key = key;
    this.value = value;
    this.#isOfAllCpus = isOfAllCpus;
  }

  /** Those of a per-CPU map, with an array for a value. @throws ArgumentError on a map of another type. */
  ofAllCpus(): MapElements<K, V[], readonly In[]> {
    if (this.#isOfAllCpus) {
      throw new ArgumentError({
        message: `${this.handle.what} (${this.handle.typeName}) has one value for all CPUs`,
        remedy: 'Use it as it is.',
      });
    }
    const value = perCpuCodec(this.value, possibleCpus());
    return new MapElements(this.handle, { key: this.key, value }, true);
  }

  /** Elements that go in one batch. */
  get batchSize(): number {
    return batchSize(this.#sizes);
  }

  *keys(): Generator<K> {
    if (listsByBucket(this.handle)) for (const [key] of this.#raw(false)) yield this.key.decode(key);
    else for (const key of readKeys(this.handle, this.key.size)) yield this.key.decode(key);
  }

  *values(): Generator<V> {
    for (const [, value] of this.#raw(false)) yield this.value.decode(value);
  }

  /** @param remove takes them out of the map. */
  *entries(remove: boolean): Generator<[K, V]> {
    for (const [key, value] of this.#raw(remove)) yield [this.key.decode(key), this.value.decode(value)];
  }

  read(command: typeof mapLookup, key: Uint8Array | undefined): V | undefined {
    this.#expectAllCpus();
    const bytes = new Uint8Array(this.value.size);
    return command(this.handle.fd, this.handle.what, key, bytes) ? this.value.decode(bytes) : undefined;
  }

  keyBytes(key: K): Uint8Array {
    return this.#checked('key', this.key.size, () => this.key.encode(key));
  }

  valueBytes(value: In): Uint8Array {
    this.#expectAllCpus();
    return this.#checked('value', this.value.size, () => this.value.encode(value));
  }

  get #sizes(): EntrySizes {
    return { key: this.key.size, value: this.value.size };
  }

  *#raw(remove: boolean): Generator<RawEntry> {
    this.#expectAllCpus();
    const options = { count: this.batchSize, remove };
    for (const batch of readEntries(this.handle, this.#sizes, options)) yield* batch;
  }

  #checked(what: string, size: number, encode: () => Uint8Array): Uint8Array {
    try {
      return checkSize(what, encode(), size);
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      throw new ArgumentError({
        message: `${this.handle.what}: ${error.message}`,
        remedy: error.remedy,
        cause: error,
      });
    }
  }

  /** The kernel copies the values of all CPUs: a buffer for one is too short. */
  #expectAllCpus(): void {
    if (this.#isOfAllCpus) return;
    throw new ArgumentError({
      message: `${this.handle.what} (${this.handle.typeName}) has a value for each CPU`,
      remedy: 'Use its .perCpu, whose values are arrays.',
    });
  }
}

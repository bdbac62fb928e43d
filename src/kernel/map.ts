import { ArgumentError, ClosedError } from '../errors/index.ts';
import { type MapSpec, MapType } from '../spec/index.ts';
import {
  closeFd,
  type MapInfo,
  mapDelete,
  mapInfo,
  mapLookup,
  mapNextKey,
  mapUpdate,
  objectGet,
  objectPin,
  UpdateFlags,
} from '../sys/index.ts';
import { bytesCodec, type Codec, codecOf } from './codec.ts';
import { createMap } from './create-map.ts';
import { possibleCpus } from './machine.ts';

const PER_CPU: ReadonlySet<number> = new Set([
  MapType.PERCPU_HASH,
  MapType.PERCPU_ARRAY,
  MapType.LRU_PERCPU_HASH,
  MapType.PERCPU_CGROUP_STORAGE,
]);

/**
 * A map in the kernel. Keys and values are typed where the blueprint gives BTF types, else bytes.
 *
 * @typeParam V value; of a per-CPU map, the value of one CPU.
 */
export class BpfMap<K = Uint8Array, V = Uint8Array> implements Disposable {
  readonly name: string;
  readonly #key: Codec<K>;
  readonly #value: Codec<V>;
  readonly #perCpu: boolean;
  #fd: number;

  private constructor(fd: number, name: string, perCpu: boolean, key: Codec<K>, value: Codec<V>) {
    this.#fd = fd;
    this.name = name;
    this.#perCpu = perCpu;
    this.#key = key;
    this.#value = value;
  }

  /**
   * Creates a map [`bpf_map_create`].
   *
   * @param btf fd of the loaded BTF of the object, from which the types of key and value are.
   * @throws ArgumentError for a ring size that cannot be; PermissionError, BpfSyscallError.
   */
  static create<K = Uint8Array, V = Uint8Array>(spec: MapSpec, btf?: { readonly fd: number }): BpfMap<K, V> {
    const key = codecOf<K>(spec.key, spec.keySize);
    const value = codecOf<V>(spec.value, spec.valueSize);
    const fd = createMap(spec, key.size, value.size, btf?.fd);
    return new BpfMap(fd, spec.name, PER_CPU.has(MapType[spec.type]), key, value);
  }

  /** Opens a pinned map, with keys and values as bytes. @throws BpfSyscallError, PermissionError. */
  static openPinned(path: string): BpfMap {
    const fd = objectGet(path);
    try {
      const info = mapInfo(fd, `pin ${path}`);
      return new BpfMap(
        fd,
        info.name,
        PER_CPU.has(info.type),
        bytesCodec(info.keySize),
        bytesCodec(info.valueSize),
      );
    } catch (error) {
      closeFd(fd);
      throw error;
    }
  }

  /** File descriptor, for other calls of bpf(2); the map keeps owning it. @throws ClosedError. */
  get fd(): number {
    if (this.#fd < 0) throw new ClosedError(`map ${this.name}`);
    return this.#fd;
  }

  /** What the kernel tells about it. */
  info(): MapInfo {
    return mapInfo(this.fd, this.#what);
  }

  /**
   * The value of a key; undefined if it is not there [`bpf_map_lookup_elem`].
   *
   * @throws ArgumentError on a per-CPU map, whose values {@link lookupPerCpu} reads.
   */
  lookup(key: K): V | undefined {
    this.#expect(false, 'lookupPerCpu');
    const bytes = new Uint8Array(this.#value.size);
    return mapLookup(this.fd, this.#what, this.#bytesOfKey(key), bytes)
      ? this.#value.decode(bytes)
      : undefined;
  }

  /** The values of a key on each possible CPU; undefined if it is not there. */
  lookupPerCpu(key: K): V[] | undefined {
    this.#expect(true, 'lookup');
    const bytes = new Uint8Array(this.#stride * possibleCpus());
    if (!mapLookup(this.fd, this.#what, this.#bytesOfKey(key), bytes)) return undefined;
    const at = (cpu: number): Uint8Array =>
      bytes.subarray(cpu * this.#stride, cpu * this.#stride + this.#value.size);
    return Array.from({ length: possibleCpus() }, (_, cpu) => this.#value.decode(at(cpu)));
  }

  /**
   * Sets the value of a key [`bpf_map_update_elem`].
   *
   * @param mode only if the key is new (`NOEXIST`), only if it is there (`EXIST`), or either.
   */
  update(key: K, value: V, mode: keyof typeof UpdateFlags = 'ANY'): void {
    this.#expect(false, 'updatePerCpu');
    const bytes = this.#value.encode(value);
    this.#checkSize('value', bytes, this.#value.size);
    mapUpdate(this.fd, this.#what, this.#bytesOfKey(key), bytes, UpdateFlags[mode]);
  }

  /** Sets the values of a key, one for each possible CPU. */
  updatePerCpu(key: K, values: readonly V[], mode: keyof typeof UpdateFlags = 'ANY'): void {
    this.#expect(true, 'update');
    if (values.length !== possibleCpus()) {
      throw new ArgumentError({
        message: `map ${this.name}: ${values.length} values for ${possibleCpus()} possible CPUs`,
        remedy: 'Give one value for each possible CPU.',
      });
    }
    const bytes = new Uint8Array(this.#stride * values.length);
    for (const [cpu, value] of values.entries()) {
      const one = this.#value.encode(value);
      this.#checkSize('value', one, this.#value.size);
      bytes.set(one, cpu * this.#stride);
    }
    mapUpdate(this.fd, this.#what, this.#bytesOfKey(key), bytes, UpdateFlags[mode]);
  }

  /** Removes a key [`bpf_map_delete_elem`]. @returns whether it was there. */
  delete(key: K): boolean {
    return mapDelete(this.fd, this.#what, this.#bytesOfKey(key));
  }

  /**
   * The keys, as far as they stand still: of a hash that changes meanwhile some may be seen twice or not at all.
   */
  *keys(): Generator<K> {
    for (let key: Uint8Array | undefined; ; ) {
      const next = new Uint8Array(this.#key.size);
      if (!mapNextKey(this.fd, this.#what, key, next)) return;
      yield this.#key.decode(next);
      key = next;
    }
  }

  /** Keeps the map alive under a path of a bpffs [`bpf_map__pin`]. */
  pin(path: string): void {
    objectPin(this.fd, path, this.#what);
  }

  /** Lets go of the map; programs and pins keep it alive. Idempotent. */
  close(): void {
    if (this.#fd >= 0) closeFd(this.#fd);
    this.#fd = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get #what(): string {
    return `map ${this.name}`;
  }

  /** The kernel lays per-CPU values out at multiples of 8. */
  get #stride(): number {
    return (this.#value.size + 7) & ~7;
  }

  #bytesOfKey(key: K): Uint8Array {
    const bytes = this.#key.encode(key);
    this.#checkSize('key', bytes, this.#key.size);
    return bytes;
  }

  /** The kernel reads as many bytes as the map says, whatever is behind a shorter buffer. */
  #checkSize(what: string, bytes: Uint8Array, size: number): void {
    if (bytes.length === size) return;
    throw new ArgumentError({
      message: `map ${this.name}: a ${what} of ${bytes.length} bytes where ${size} are needed`,
      remedy: `Give exactly ${size} bytes.`,
    });
  }

  #expect(perCpu: boolean, instead: string): void {
    if (perCpu === this.#perCpu) return;
    throw new ArgumentError({
      message: `map ${this.name} has ${this.#perCpu ? 'a value for each CPU' : 'one value for all CPUs'}`,
      remedy: `Call ${instead}().`,
    });
  }
}

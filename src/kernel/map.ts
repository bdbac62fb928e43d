import { ArgumentError, BpfSyscallError } from '../errors/index.ts';
import { type MapSpec, MapType, type MapTypeName, type TypeRef } from '../spec/index.ts';
import {
  closeFd,
  type MapInfo,
  mapDelete,
  mapFreeze,
  mapInfo,
  mapLookup,
  mapLookupAndDelete,
  mapUpdate,
  objectGet,
  objectPin,
  openById,
  UpdateFlags,
} from '../sys/index.ts';
import { keyCodec, valueCodec } from './codec.ts';
import { createMap } from './create-map.ts';
import { deleteKeys, type RawEntry, writeEntries } from './map-batch.ts';
import { MapElements } from './map-elements.ts';
import { MapHandle } from './map-handle.ts';
import { type Pinning, pinned } from './map-pin.ts';

/** Types of the keys and values of a map that was made elsewhere; bytes where they are not given. */
export interface MapTypes {
  readonly key?: TypeRef | undefined;
  /** Of one CPU, in per-CPU maps. */
  readonly value?: TypeRef | undefined;
  /** Of the maps in a map of maps. */
  readonly inner?: MapTypes | undefined;
}

/** What creating a map depends on besides its blueprint. */
export interface MapCreateOptions extends Pinning {
  /** fd of the loaded BTF that the types of key and value are in. Without it theirs is loaded for the purpose. */
  readonly btfFd?: number | undefined;
}

/** Which entries an update may touch: any, only new ones, only existing ones. */
export type UpdateMode = keyof typeof UpdateFlags;

/**
 * A map in the kernel. Keys and values are typed where the blueprint gives BTF types, else bytes.
 *
 * What is particular to a type of map:
 *
 * | type | keys, values, calls |
 * |---|---|
 * | per-CPU types | {@link perCpu}: values are arrays, one element for each possible CPU |
 * | `LPM_TRIE` | keys are {@link LpmKey} unless BTF says otherwise; `lookup` finds the longest prefix |
 * | `QUEUE`, `STACK` | {@link push}, {@link pop}, {@link peek} |
 * | `BLOOM_FILTER` | {@link push}, {@link has} |
 * | `ARRAY_OF_MAPS`, `HASH_OF_MAPS` | `update` takes a map, `lookup` gives its id, {@link openInner} opens it |
 * | `PROG_ARRAY` | `update` takes a program, `lookup` gives its id |
 * | `STACK_TRACE` | {@link stack} |
 * | `PERF_EVENT_ARRAY` | read with PerfBuffer |
 * | `TASK_STORAGE` | keys are pidfds ({@link openPidfd}) |
 * | `CGRP_STORAGE`, `INODE_STORAGE`, `SK_STORAGE` | keys are fds: of cgroup directories, files, sockets |
 * | `CGROUP_STORAGE`, `PERCPU_CGROUP_STORAGE` | keys are ids of cgroups (8 bytes); the kernel does not list them |
 * | `CGROUP_ARRAY`, `XSKMAP` | `update` takes an fd, `lookup` is refused |
 * | `SOCKMAP`, `SOCKHASH`, `REUSEPORT_SOCKARRAY` | `update` takes an fd; `lookup` gives a cookie where values have 8 bytes |
 * | `RINGBUF`, `USER_RINGBUF` | read with RingBuffer, written with UserRingBuffer |
 *
 * @typeParam V value; of a per-CPU map, the value of one CPU.
 * @typeParam In what `update` takes, where that is another type than `lookup` gives.
 */
export class BpfMap<K = Uint8Array, V = Uint8Array, In = V> implements Disposable {
  readonly #handle: MapHandle;
  readonly #elements: MapElements<K, V, In>;
  readonly #inner: MapTypes | undefined;
  #unpin: (() => void) | undefined;
  /** Whether it was found under its pin rather than made. */
  readonly reused: boolean;

  private constructor(
    elements: MapElements<K, V, In>,
    more: {
      inner?: MapTypes | undefined;
      reused?: boolean;
      unpin?: (() => void) | undefined;
    },
  ) {
    this.#handle = elements.handle;
    this.#elements = elements;
    this.#inner = more.inner;
    this.reused = more.reused ?? false;
    this.#unpin = more.unpin;
  }

  /**
   * Creates a map [`bpf_map_create`], or takes the one that is pinned under its name where the blueprint says so.
   *
   * @throws ArgumentError for a ring size that cannot be, or a pinned map that is another; PermissionError,
   *   BpfSyscallError.
   * @example
   * ```ts
   * const map = BpfMap.create<number, bigint>({ name: 'hits', type: 'HASH', key: u32, value: u64, maxEntries: 1024 });
   * map.update(42, 1n);
   * for (const [pid, hits] of map.entries()) console.log(pid, hits);
   * ```
   */
  static create<K = Uint8Array, V = Uint8Array, In = V>(
    spec: MapSpec,
    options: MapCreateOptions = {},
  ): BpfMap<K, V, In> {
    const type = MapType[spec.type];
    const key = keyCodec<K>(type, spec.key, spec.keySize);
    const value = valueCodec<V, In>(type, spec.value, spec.valueSize);
    const sizes = { key: key.size, value: value.size };
    const { fd, reused, unpin } = pinned(spec, sizes, options, () => createMap(spec, sizes, options.btfFd));
    const handle = new MapHandle(fd, spec.name, type);
    return new BpfMap(new MapElements(handle, { key, value }), { inner: spec.inner, reused, unpin });
  }

  /**
   * Opens a pinned map [`bpf_obj_get`].
   *
   * @throws ArgumentError for types that do not have the sizes of its keys and values; BpfSyscallError,
   *   PermissionError.
   */
  static openPinned<K = Uint8Array, V = Uint8Array, In = V>(
    path: string,
    types: MapTypes = {},
  ): BpfMap<K, V, In> {
    return BpfMap.#open(objectGet(path), types);
  }

  /** Opens a map of any process by its id [`bpf_map_get_fd_by_id`]. @throws as {@link openPinned}. */
  static openId<K = Uint8Array, V = Uint8Array, In = V>(id: number, types: MapTypes = {}): BpfMap<K, V, In> {
    return BpfMap.#open(openById('MAP', id), types);
  }

  static #open<K, V, In>(fd: number, types: MapTypes): BpfMap<K, V, In> {
    try {
      const { name, type, keySize, valueSize } = mapInfo(fd, `fd ${fd}`);
      const key = keyCodec<K>(type, types.key, keySize);
      const value = valueCodec<V, In>(type, types.value, valueSize);
      for (const [what, has, given] of [
        ['keys', keySize, key.size],
        ['values', valueSize, value.size],
      ] as const) {
        if (has === given) continue;
        throw new ArgumentError({
          message: `map ${name} has ${what} of ${has} bytes, not of ${given} as the type given`,
          remedy: 'Give the types that it was made with, or none to get bytes.',
        });
      }
      const elements = new MapElements(new MapHandle(fd, name, type), { key, value });
      return new BpfMap(elements, { inner: types.inner });
    } catch (error) {
      closeFd(fd);
      throw error;
    }
  }

  get name(): string {
    return this.#handle.name;
  }

  /** File descriptor, for other calls of bpf(2); the map keeps owning it. @throws ClosedError. */
  get fd(): number {
    return this.#handle.fd;
  }

  /** What the kernel tells about it. */
  info(): MapInfo {
    return this.#handle.info();
  }

  /**
   * The same per-CPU map with the values of all possible CPUs, by number. Closing either closes both.
   *
   * @throws ArgumentError on a map of another type.
   */
  get perCpu(): BpfMap<K, V[], readonly In[]> {
    return new BpfMap(this.#elements.ofAllCpus(), {});
  }

  /** The value of a key; undefined if it is not there [`bpf_map_lookup_elem`]. */
  lookup(key: K): V | undefined {
    return this.#elements.read(mapLookup, this.#elements.keyBytes(key));
  }

  /**
   * Takes a key out, with its value, in one step [`bpf_map_lookup_and_delete_elem`]: hashes (5.14).
   *
   * @throws BpfSyscallError where the kernel does not have it for this type.
   */
  lookupAndDelete(key: K): V | undefined {
    return this.#elements.read(mapLookupAndDelete, this.#elements.keyBytes(key));
  }

  /**
   * Sets the value of a key [`bpf_map_update_elem`].
   *
   * @throws BpfSyscallError: `EEXIST` or `ENOENT` by `mode`, `E2BIG` where the map is full.
   */
  update(key: K, value: In, mode: UpdateMode = 'ANY'): void {
    const bytes = this.#elements.keyBytes(key);
    mapUpdate(this.fd, this.#handle.what, bytes, this.#elements.valueBytes(value), UpdateFlags[mode]);
  }

  /** Removes a key [`bpf_map_delete_elem`]. @returns whether it was there. */
  delete(key: K): boolean {
    return mapDelete(this.fd, this.#handle.what, this.#elements.keyBytes(key));
  }

  /**
   * The keys. The loop may delete them. Of a hash, a key that is there all the time comes exactly once, whatever
   * others do; of one that comes or goes meanwhile, nobody knows. (Kernels before 5.6, and tries, list key by key, and
   * begin anew where the last key was deleted: then keys may come twice.)
   *
   * @throws BusyError when a map that is listed key by key changes faster than that.
   */
  keys(): Generator<K> {
    return this.#elements.keys();
  }

  /** The values, under the terms of {@link keys}. */
  values(): Generator<V> {
    return this.#elements.values();
  }

  /** Keys and values, under the terms of {@link keys}; read in batches where the kernel can. */
  entries(): Generator<[K, V]> {
    return this.#elements.entries(false);
  }

  /**
   * Takes all entries out of the map [`bpf_map_lookup_and_delete_batch`]. Where the kernel has no command for it, an
   * update between reading and deleting an entry is lost.
   *
   * An entry is out of the map when it is handed out or will be next: those left when the loop breaks are lost.
   */
  drain(): Generator<[K, V]> {
    return this.#elements.entries(true);
  }

  /**
   * Sets many keys [`bpf_map_update_batch`], one after another: if one is refused, those before it are set. With a mode
   * it takes a system call for each key.
   *
   * @throws as {@link update}.
   */
  updateBatch(entries: Iterable<readonly [K, In]>, mode: UpdateMode = 'ANY'): void {
    const flags = UpdateFlags[mode];
    let batch: RawEntry[] = [];
    for (const [key, value] of entries) {
      batch.push([this.#elements.keyBytes(key), this.#elements.valueBytes(value)]);
      if (batch.length < this.#elements.batchSize) continue;
      writeEntries(this.#handle, batch, flags);
      batch = [];
    }
    if (batch.length > 0) writeEntries(this.#handle, batch, flags);
  }

  /** Removes many keys [`bpf_map_delete_batch`]. @returns how many were there. */
  deleteBatch(keys: Iterable<K>): number {
    let deleted = 0;
    let batch: Uint8Array[] = [];
    for (const key of keys) {
      batch.push(this.#elements.keyBytes(key));
      if (batch.length < this.#elements.batchSize) continue;
      deleted += deleteKeys(this.#handle, batch);
      batch = [];
    }
    return batch.length > 0 ? deleted + deleteKeys(this.#handle, batch) : deleted;
  }

  /**
   * Puts a value into a queue, stack or Bloom filter [`bpf_map_push_elem`].
   *
   * @param mode `EXIST` drops the oldest value of a full queue or stack.
   * @returns false where it is full.
   */
  push(value: In, mode: 'ANY' | 'EXIST' = 'ANY'): boolean {
    this.#only('push', 'QUEUE', 'STACK', 'BLOOM_FILTER');
    try {
      mapUpdate(this.fd, this.#handle.what, undefined, this.#elements.valueBytes(value), UpdateFlags[mode]);
      return true;
    } catch (error) {
      if (error instanceof BpfSyscallError && error.errno === 'E2BIG') return false;
      throw error;
    }
  }

  /** Takes the next value of a queue or stack; undefined where it is empty [`bpf_map_pop_elem`]. */
  pop(): V | undefined {
    this.#only('pop', 'QUEUE', 'STACK');
    return this.#elements.read(mapLookupAndDelete, undefined);
  }

  /** The value that {@link pop} would take [`bpf_map_peek_elem`]. */
  peek(): V | undefined {
    this.#only('peek', 'QUEUE', 'STACK');
    return this.#elements.read(mapLookup, undefined);
  }

  /** Whether a value may be in a Bloom filter; false is certain. */
  has(value: In): boolean {
    this.#only('has', 'BLOOM_FILTER');
    return mapLookup(this.fd, this.#handle.what, undefined, this.#elements.valueBytes(value).slice());
  }

  /**
   * Opens the map that a map of maps holds at a key; the caller closes it. Undefined where there is none, or it went
   * away this moment.
   *
   * @throws PermissionError without CAP_SYS_ADMIN, which ids take.
   */
  openInner<IK = Uint8Array, IV = Uint8Array>(key: K): BpfMap<IK, IV> | undefined {
    this.#only('openInner', 'ARRAY_OF_MAPS', 'HASH_OF_MAPS');
    const id = this.lookup(key) as number | undefined;
    try {
      return id === undefined ? undefined : BpfMap.openId<IK, IV>(id, this.#inner);
    } catch (error) {
      if (error instanceof BpfSyscallError && error.errno === 'ENOENT') return undefined;
      throw error;
    }
  }

  /**
   * The addresses of a stack that `bpf_get_stackid` noted, innermost first; undefined if it is not there.
   *
   * @param id what the helper gave.
   */
  stack(id: number): bigint[] | undefined {
    this.#only('stack', 'STACK_TRACE');
    const bytes = new Uint8Array(this.#elements.value.size);
    const key = new Uint8Array(Uint32Array.of(id).buffer);
    if (!mapLookup(this.fd, this.#handle.what, key, bytes)) return undefined;
    const addresses = [...new BigUint64Array(bytes.buffer, 0, bytes.length >>> 3)];
    const end = addresses.indexOf(0n);
    return end < 0 ? addresses : addresses.slice(0, end);
  }

  /** From now on only programs can change it [`bpf_map_freeze`]. */
  freeze(): void {
    mapFreeze(this.fd, this.#handle.what);
  }

  /** Keeps the map alive under a path of a bpffs [`bpf_map__pin`]. */
  pin(path: string): void {
    objectPin(this.fd, path, this.#handle.what);
  }

  /** Removes the pin that creating it made, if it did. @internal */
  undoPin(): void {
    this.#unpin?.();
    this.#unpin = undefined;
  }

  /** Lets go of the map; programs and pins keep it alive. Idempotent. */
  close(): void {
    this.#handle.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #only(method: string, ...types: readonly MapTypeName[]): void {
    if (types.some((type) => MapType[type] === this.#handle.type)) return;
    throw new ArgumentError({
      message: `${this.#handle.what} is of type ${this.#handle.typeName}`,
      remedy: `Call ${method}() on a map of type ${types.join(' or ')}.`,
    });
  }
}

import { createDecoder, type Decoder, recordMemory } from '../btf/index.ts';
import { ArgumentError, BpfSyscallError } from '../errors/index.ts';
import { MapFlags, type MapSpec, type VariableSpec, variableEncoder } from '../spec/index.ts';
import { Mapping, mapLookup, mapUpdate, native } from '../sys/index.ts';
import type { BpfMap } from './map.ts';

/**
 * Memory of a map of global data: mapped where the kernel allows it (since 5.5, and not with locks, timers or pointers of the
 * kernel's in it), else read and written as a whole.
 */
export class GlobalMemory implements Disposable {
  readonly #map: BpfMap;
  readonly #size: number;
  readonly #mapping: Mapping | undefined;
  readonly writable: boolean;

  constructor(map: BpfMap, spec: MapSpec) {
    this.#map = map;
    this.#size = spec.valueSize ?? 0;
    this.writable = spec.frozen !== true;
    if (((spec.flags ?? 0) & MapFlags.MMAPABLE) === 0) return;
    const page = native().pageSize();
    const length = Math.ceil(this.#size / page) * page;
    const what = `map ${map.name}`;
    try {
      this.#mapping = new Mapping(map.fd, { offset: 0, length, writable: this.writable, what });
    } catch (error) {
      if (!(error instanceof BpfSyscallError && error.errno === 'ENOTSUPP')) throw error;
    }
  }

  /** A copy of some bytes. */
  read(offset: number, size: number): Uint8Array {
    return this.#bytes().slice(offset, offset + size);
  }

  /** Replaces some bytes. An aligned value of 1, 2, 4 or 8 bytes is never seen half written. */
  write(offset: number, value: Uint8Array): void {
    const bytes = this.#bytes();
    if (this.#mapping === undefined) {
      bytes.set(value, offset);
      mapUpdate(this.#map.fd, `map ${this.#map.name}`, new Uint8Array(4), bytes);
      return;
    }
    const word = offset % value.length === 0 ? WORDS[value.length] : undefined;
    if (word === undefined) bytes.set(value, offset);
    else new word(this.#mapping.buffer, offset, 1)[0] = new word(value.slice().buffer)[0]!;
  }

  [Symbol.dispose](): void {
    this.#mapping?.close();
  }

  #bytes(): Uint8Array {
    // Throws when the object is closed; a stale mapping would read zeros.
    const { fd } = this.#map;
    if (this.#mapping !== undefined) return new Uint8Array(this.#mapping.buffer);
    const bytes = new Uint8Array(this.#size);
    mapLookup(fd, `map ${this.#map.name}`, new Uint8Array(4), bytes);
    return bytes;
  }
}

const WORDS: Record<
  number,
  | (new (
      buffer: ArrayBufferLike,
      offset?: number,
      length?: number,
    ) => { [index: number]: number | bigint })
  | undefined
> = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array };

/** A global variable of a loaded object. */
export class BpfVariable<T = unknown> {
  readonly name: string;
  readonly #memory: GlobalMemory;
  readonly #spec: VariableSpec;
  readonly #decoder: Decoder<T>;
  #encode: ((value: T) => Uint8Array) | undefined;

  constructor(spec: VariableSpec, memory: GlobalMemory) {
    this.name = spec.name;
    this.#spec = spec;
    this.#memory = memory;
    this.#decoder = createDecoder<T>(spec.type.btf, spec.type.id);
  }

  /** Its value now. @throws ClosedError. */
  get value(): T {
    const bytes = this.#memory.read(this.#spec.offset, this.#spec.size);
    return this.#decoder.decode(recordMemory(bytes.buffer as ArrayBuffer, 0, bytes.length), 0, bytes.length);
  }

  /**
   * Changes it, for the programs that run as well.
   *
   * @throws ArgumentError for a constant, or a value that does not fit its type; ClosedError.
   */
  set value(value: T) {
    if (!this.#memory.writable) {
      throw new ArgumentError({
        message: `variable ${this.name} is constant once its object is loaded`,
        remedy: `Set it at load: load(file, { variables: { ${this.name}: … } }).`,
      });
    }
    this.#encode ??= variableEncoder<T>(this.#spec);
    this.#memory.write(this.#spec.offset, this.#encode(value));
  }
}

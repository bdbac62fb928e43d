import type { Encoder } from '../btf/index.ts';
import { ArgumentError, ClosedError } from '../errors/index.ts';
import { MapType } from '../spec/index.ts';
import { mapInfo, Watch } from '../sys/index.ts';
import { register, unregister } from './registry.ts';
import { UserRing } from './user-ring.ts';
import { RoomQueue } from './user-ring-queue.ts';
import type { WaitOptions } from './wait.ts';

/** What a {@link UserRingBuffer} is made of. */
export interface UserRingBufferOptions<E> {
  /** For messages. Default: the map's name in the kernel. */
  readonly name?: string;
  /** Makes records of events, for `output()`. Without it events are bytes. */
  readonly encoder?: Encoder<E>;
}

/** State of a user ring, read from its mapped pages. */
export interface UserRingStats {
  /** Size of the data area in bytes. */
  readonly size: number;
  /** Bytes that the program has not drained yet, with headers; records that are still open included. */
  readonly available: number;
  readonly consumerPosition: bigint;
  readonly producerPosition: bigint;
}

/**
 * The producer of a user ring (`BPF_MAP_TYPE_USER_RINGBUF`, Linux 6.1), whose records a program takes with
 * `bpf_user_ringbuf_drain`, in the order in which they were reserved.
 *
 * - A record that is neither submitted nor discarded stops the program at it: end each, or let `using` do it.
 * - Waiting for room costs nothing meanwhile. The kernel tells of room when a drain took something, unless
 *   the program passed `BPF_RB_NO_WAKEUP`.
 * - There must be one producer. A second one in this process is refused; of another process's nobody can tell.
 *   What a producer that died had left open is discarded by the next.
 *
 * @example
 * ```ts
 * const commands = UserRingBuffer.open<Command>(object.maps.commands.fd, { encoder });
 * if (!commands.output({ op: 1, pid: 42 })) await commands.outputBlocking({ op: 1, pid: 42 });
 *
 * const record = commands.reserve(16);
 * record?.bytes.fill(1);
 * record?.submit();
 * ```
 */
export class UserRingBuffer<E = Uint8Array> implements Disposable {
  /** The map's id in the kernel. */
  readonly mapId: number;
  readonly #ring: UserRing;
  readonly #watch: Watch;
  readonly #queue: RoomQueue;
  readonly #encoder: Encoder<E> | undefined;
  readonly #open: Set<UserRecord> = new Set();

  private constructor(fd: number, mapId: number, ring: UserRing, encoder: Encoder<E> | undefined) {
    this.mapId = mapId;
    this.#ring = ring;
    this.#encoder = encoder;
    this.#watch = new Watch(fd, () => this.#queue.canServe, { byWakeups: true });
    this.#queue = new RoomQueue(
      () => ring.room,
      () => this.#watch.keepsAlive,
      () => this.#serve(),
    );
  }

  /**
   * Becomes the producer of a user ring whose fd somebody else owns and closes, after this
   * [`user_ring_buffer__new`].
   *
   * @throws BusyError when it has a producer in this process; ArgumentError when the fd is no user ring; RecordError
   *   when its contents are damaged; BpfSyscallError, PermissionError.
   */
  static open<E = Uint8Array>(fd: number, options: UserRingBufferOptions<E> = {}): UserRingBuffer<E> {
    const info = mapInfo(fd, options.name === undefined ? `fd ${fd}` : `user ring ${options.name}`);
    const name = options.name ?? info.name;
    if (info.type !== MapType.USER_RINGBUF) {
      throw new ArgumentError({
        message: `map ${name} is of type ${info.type}, not BPF_MAP_TYPE_USER_RINGBUF (${MapType.USER_RINGBUF})`,
        remedy: 'Name a user ring; rings that the kernel fills are read with RingBuffer.',
      });
    }
    register(info.id, name, 'producer');
    let ring: UserRing | undefined;
    try {
      ring = new UserRing(fd, name, info.maxEntries);
      return new UserRingBuffer(fd, info.id, ring, options.encoder);
    } catch (error) {
      ring?.close();
      unregister(info.id);
      throw error;
    }
  }

  /** Name of the map. */
  get name(): string {
    return this.#ring.name;
  }

  /**
   * Reserves a record [`user_ring_buffer__reserve`].
   *
   * @param size of its payload in bytes.
   * @returns undefined where the ring has no room now.
   * @throws ArgumentError for a size that no record can have; ClosedError.
   */
  reserve(size: number): UserRecord | undefined {
    const place = this.#ring.reserve(size);
    if (place < 0) return undefined;
    const record = new UserRecord(new Uint8Array(size), (bytes) => this.#end(record, place, bytes));
    this.#open.add(record);
    return record;
  }

  /**
   * Reserves a record, waiting until there is room [`user_ring_buffer__reserve_blocking`]. Those who wait are
   * served in their order; `reserve()` does not stand in line.
   *
   * @returns undefined after the time-out, or when the ring was closed meanwhile.
   * @throws AbortError, and as {@link reserve}, all as rejections.
   */
  async reserveBlocking(size: number, options: WaitOptions = {}): Promise<UserRecord | undefined> {
    this.#ring.assertOpen();
    const footprint = this.#ring.footprint(size);
    return this.#queue.wait(footprint, () => this.reserve(size), options);
  }

  /**
   * Reserves, fills and submits a record.
   *
   * @returns whether there was room.
   * @throws ArgumentError for an event that does not fit its type or the ring; ClosedError.
   */
  output(event: E): boolean {
    return this.#write(this.#encode(event));
  }

  /**
   * {@link output}, waiting until there is room.
   *
   * @returns false after the time-out, or when the ring was closed meanwhile.
   * @throws AbortError, and as {@link output}, all as rejections.
   */
  async outputBlocking(event: E, options: WaitOptions = {}): Promise<boolean> {
    this.#ring.assertOpen();
    const bytes = this.#encode(event);
    const footprint = this.#ring.footprint(bytes.length);
    return (await this.#queue.wait(footprint, () => this.#write(bytes), options)) ?? false;
  }

  /** Positions of the moment. @throws ClosedError. */
  stats(): UserRingStats {
    this.#ring.assertOpen();
    const { size, consumerPosition, producerPosition } = this.#ring;
    return {
      size,
      available: Number(producerPosition - consumerPosition),
      consumerPosition,
      producerPosition,
    };
  }

  /** Waiting for room keeps the process alive (the default). */
  ref(): this {
    this.#ring.assertOpen();
    this.#watch.setRef(true);
    return this;
  }

  /** Waiting for room does not keep the process alive. Without effect in worker threads. */
  unref(): this {
    this.#ring.assertOpen();
    this.#watch.setRef(false);
    return this;
  }

  /** Discards what is still reserved, ends all waits and unmaps; submitted records stay for the program. Idempotent. */
  close(): void {
    if (this.#ring.closed) return;
    for (const record of this.#open) record.discard();
    try {
      this.#watch.close();
    } finally {
      this.#ring.close();
      unregister(this.mapId);
      this.#queue.end();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #encode(event: E): Uint8Array {
    return this.#encoder === undefined ? (event as Uint8Array) : this.#encoder(event);
  }

  #write(bytes: Uint8Array): boolean {
    const place = this.#ring.reserve(bytes.length);
    if (place < 0) return false;
    this.#ring.submit(place, bytes);
    return true;
  }

  #end(record: UserRecord, place: number, bytes: Uint8Array | undefined): void {
    this.#open.delete(record);
    if (bytes === undefined) this.#ring.discard(place);
    else this.#ring.submit(place, bytes);
  }

  readonly #serve = (): void => {
    this.#queue.serve();
    if (this.#queue.length === 0) this.#watch.cancel();
    else if (!this.#watch.waiting) this.#watch.wait(this.#serve);
  };
}

/** A reserved record: room in the ring, in its place among the others. It must be ended. */
export class UserRecord implements Disposable {
  /** The payload, zeros at first. A buffer of its own: it is copied to the ring by `submit()`. */
  readonly bytes: Uint8Array;
  #end: ((bytes: Uint8Array | undefined) => void) | undefined;

  /** @internal */
  constructor(bytes: Uint8Array, end: (bytes: Uint8Array | undefined) => void) {
    this.bytes = bytes;
    this.#end = end;
  }

  /**
   * Hands it to the program [`user_ring_buffer__submit`].
   *
   * @throws ClosedError when it was submitted or discarded before.
   */
  submit(): void {
    this.#once()(this.bytes);
  }

  /**
   * Gives it up: the program does not see it [`user_ring_buffer__discard`].
   *
   * @throws ClosedError when it was submitted or discarded before.
   */
  discard(): void {
    this.#once()(undefined);
  }

  /** Discards it, unless it was ended. */
  [Symbol.dispose](): void {
    if (this.#end !== undefined) this.discard();
  }

  #once(): (bytes: Uint8Array | undefined) => void {
    const end = this.#end;
    if (end === undefined) throw new ClosedError('the record of a user ring');
    this.#end = undefined;
    return end;
  }
}

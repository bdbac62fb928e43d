import { BpfSyscallError } from '../errors/index.ts';
import { errnoName } from './errno.ts';
import { failure } from './failure.ts';
import { native } from './native.ts';

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;

/** A piece of mapped memory, for another thread of the process. */
export interface Region {
  readonly address: bigint;
  /** Bytes. */
  readonly length: number;
}

/** Gives the address space back once nothing can reach the ArrayBuffer any more, closed or not. */
const unmapWhenUnreachable = new FinalizationRegistry<Region>(({ address, length }) => {
  native().munmap(address, length);
});

/**
 * A file mapped into memory as an ArrayBuffer.
 *
 * V8 knows nothing of the mapping: a view used after `munmap` would be a segmentation fault, and so would a write
 * to a read-only one. Therefore a Mapping never leaves the library, and `close()` does not unmap: it lays private
 * zero pages over the region, which releases the file at once; the address space follows when the ArrayBuffer is
 * collected. A stale read then sees zeros.
 */
export class Mapping {
  /** The mapped bytes. Page-aligned, so every typed array fits at a multiple of its element size. */
  readonly buffer: ArrayBuffer;
  readonly region: Region;
  readonly #protection: number;
  #closed = false;

  /**
   * @param what the object, for error messages.
   * @throws BpfSyscallError or PermissionError when the kernel refuses.
   */
  constructor(fd: number, options: { offset: number; length: number; writable: boolean; what: string }) {
    this.#protection = options.writable ? PROT_READ | PROT_WRITE : PROT_READ;
    const address = native().mmap(0n, options.length, this.#protection, MAP_SHARED, fd, options.offset);
    if (address < 0n) {
      throw failure({ command: 'mmap', what: options.what, errno: Number(-address), remedy: MMAP_REMEDY });
    }
    this.region = { address, length: options.length };
    this.buffer = native().view(address, options.length);
    unmapWhenUnreachable.register(this.buffer, this.region);
  }

  /** Releases the file behind the mapping. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { address, length } = this.region;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
    const result = native().mmap(address, length, this.#protection, flags, -1, 0);
    if (result < 0n) {
      throw new BpfSyscallError({
        command: 'mmap',
        errno: errnoName(Number(-result)),
        message: `replacing a mapping of ${length} bytes by empty pages failed: ${errnoName(Number(-result))}`,
        remedy: 'The limit of mappings of this process (vm.max_map_count) is reached; raise it.',
      });
    }
  }
}

/**
 * The bytes of a Mapping that another thread has. Whoever passes a region on keeps that Mapping open and reachable for as
 * long as this thread may touch the buffer: later would be a segmentation fault.
 */
export function viewRegion({ address, length }: Region): ArrayBuffer {
  return native().view(address, length);
}

/**
 * Maps a file read-only for as long as `read` runs, and unmaps it: for a look at memory that is somebody else's.
 *
 * @param read must keep neither the buffer nor a view of it: touching it later would be a segmentation fault.
 * @throws BpfSyscallError or PermissionError when the kernel refuses.
 */
export function withMapping<T>(
  fd: number,
  options: { offset: number; length: number; what: string },
  read: (buffer: ArrayBuffer) => T,
): T {
  const { offset, length, what } = options;
  const address = native().mmap(0n, length, PROT_READ, MAP_SHARED, fd, offset);
  if (address < 0n) throw failure({ command: 'mmap', what, errno: Number(-address), remedy: MMAP_REMEDY });
  try {
    return read(native().view(address, length));
  } finally {
    native().munmap(address, length);
  }
}

const MMAP_REMEDY =
  'A map opened read-only cannot be mapped: open it read-write. Rings may be mapped writable at their first page only.';

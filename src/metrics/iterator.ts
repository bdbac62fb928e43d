import { ProgramBuilder, R0, R1, R2, R3, R6, R10, type Register } from '../asm/index.ts';
import type { Btf } from '../btf/index.ts';
import { type BpfLink, type BpfObject, load, readIterator } from '../kernel/index.ts';
import { offsetOf } from './offset.ts';

/** Byte order of this machine, which the kernel writes in. */
export const HOST_ORDER: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Memory for what a reading gives: some 700 rings. */
const SCRATCH_SIZE = 64 * 1024;

/** Bytes of the stack that a record may take. */
const STACK_SIZE = 512;

/**
 * An iterator program that writes one record of fixed size for each object that it picks. It is loaded once and run for
 * each reading. Running it pins nothing and can write to nothing but its own output.
 */
export class RecordIterator {
  readonly #object: BpfObject;
  readonly #link: BpfLink;
  readonly #size: number;
  readonly #scratch = Buffer.alloc(SCRATCH_SIZE);

  private constructor(object: BpfObject, link: BpfLink, size: number) {
    this.#object = object;
    this.#link = link;
    this.#size = size;
  }

  /**
   * @param section such as `iter/bpf_map`.
   * @throws PermissionError, BpfSyscallError, VerifierError, NotFoundError where this kernel has no such iterator.
   */
  static async open(section: string, program: RecordProgram): Promise<RecordIterator> {
    const object = await load({
      name: 'ringtail',
      license: 'Dual BSD/GPL',
      maps: [],
      programs: [{ name: program.name, section, instructions: program.build() }],
    });
    try {
      const link = object.programs[program.name]!.attach();
      return new RecordIterator(object, link, program.size);
    } catch (error) {
      await object.close();
      throw error;
    }
  }

  /** Runs it over all objects. @returns what `decode` makes of each record, which begins at `at`. */
  read<T>(decode: (records: DataView, at: number) => T): T[] {
    const bytes = readIterator(this.#link, this.#scratch);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Array.from({ length: Math.floor(bytes.length / this.#size) }, (_, i) =>
      decode(view, i * this.#size),
    );
  }

  async close(): Promise<void> {
    this.#link.close();
    await this.#object.close();
  }
}

/**
 * Puts such a program together: its record lies on the stack, r6 is the context. Code that is added leaves to `out` for
 * objects that are not to be written.
 */
export class RecordProgram extends ProgramBuilder {
  readonly name: string;
  /** Size of a record in bytes, a multiple of 8. */
  readonly size: number;
  readonly #seq: number;

  constructor(btf: Btf, name: string, size: number) {
    super();
    this.name = name;
    this.size = size;
    if (size > STACK_SIZE) throw new RangeError(`a record of ${size} bytes does not fit the stack`);
    this.#seq = offsetOf(btf, 'bpf_iter_meta', 'seq');
    this.mov(R6, R1);
  }

  /** `record[field] = src` */
  set(width: 'u32' | 'u64', field: number, src: Register | number): this {
    return this.store(width, R10, field - this.size, src);
  }

  /** `dst = record[field]` */
  get(width: 'u32' | 'u64', dst: Register, field: number): this {
    return this.load(width, dst, R10, field - this.size);
  }

  /** Copies `size` bytes of kernel memory at `base + offset` to the record, zeros where they cannot be read. Uses r0 to r5. */
  copy(field: number, size: number, base: Register, offset: number): this {
    this.mov(R3, base)
      .add(R3, offset)
      .mov(R1, R10)
      .add(R1, field - this.size)
      .mov(R2, size);
    return this.call('probe_read_kernel');
  }

  /** Writes the record, whole or not at all, and ends. */
  write(): this {
    this.load('u64', R1, R6, 0).load('u64', R1, R1, this.#seq);
    this.mov(R2, R10).add(R2, -this.size).mov(R3, this.size).call('seq_write');
    return this.label('out').mov(R0, 0).exit();
  }
}

import { ProgramBuilder, R0, R1, R2, R3, R6, R10, type Register, type Width } from '../asm/index.ts';
import { type Btf, createDecoder, type Decoder, recordMemory } from '../btf/index.ts';
import { type BpfLink, type BpfObject, load, readIterator } from '../kernel/index.ts';
import { declaredType, type TypeRef } from '../spec/index.ts';

/** Memory for what a reading gives: some 700 rings. */
const SCRATCH_SIZE = 64 * 1024;

/** Largest record: the stack of a program. */
const STACK_SIZE = 512;

/**
 * An iterator program that writes one record of fixed size for each object that it picks. It is loaded once and run for
 * each reading. Running it pins nothing and can write to nothing but its own output.
 */
export class RecordIterator<T> {
  readonly #object: BpfObject;
  readonly #link: BpfLink;
  readonly #decoder: Decoder<T>;
  readonly #scratch = Buffer.alloc(SCRATCH_SIZE);

  private constructor(object: BpfObject, link: BpfLink, decoder: Decoder<T>) {
    this.#object = object;
    this.#link = link;
    this.#decoder = decoder;
  }

  /**
   * @param section such as `iter/bpf_map`.
   * @typeParam T what a record of the program decodes to.
   * @throws PermissionError, BpfSyscallError, VerifierError, NotFoundError where this kernel has no such iterator.
   */
  static async open<T>(section: string, program: RecordProgram): Promise<RecordIterator<T>> {
    const { name, record } = program;
    const object = await load({
      name: 'ringtail',
      license: 'Dual BSD/GPL',
      maps: [],
      programs: [{ name, section, instructions: program.build() }],
    });
    try {
      const link = object.programs[name]!.attach();
      return new RecordIterator(object, link, createDecoder<T>(record.btf, record.id));
    } catch (error) {
      await object.close();
      throw error;
    }
  }

  /** Runs it over all objects. @returns its records. */
  read(): T[] {
    const { size } = this.#decoder;
    const { buffer, byteOffset, length } = readIterator(this.#link, this.#scratch);
    // One that the scratch memory is too small for may lie anywhere.
    const memory =
      byteOffset % 8 === 0
        ? recordMemory(buffer as ArrayBuffer, byteOffset, length)
        : recordMemory(buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer, 0, length);
    return Array.from({ length: Math.floor(length / size) }, (_, i) =>
      this.#decoder.decode(memory, i * size),
    );
  }

  async close(): Promise<void> {
    this.#link.close();
    await this.#object.close();
  }
}

/**
 * Puts such a program together: its record lies on the stack, its fields go by their names, r6 is the context. Code that
 * is added leaves to `out` for objects that are not to be written.
 */
export class RecordProgram extends ProgramBuilder {
  readonly name: string;
  readonly record: TypeRef;
  readonly #size: number;
  readonly #seq: number;

  /**
   * @param btf of the kernel.
   * @param declaration of the record in C: integers of 32 and 64 bits, and arrays of `char`, without padding: the
   *   verifier lets no byte of the stack out that was not written.
   */
  constructor(btf: Btf, name: string, declaration: string) {
    super();
    this.name = name;
    this.record = declaredType(declaration, undefined);
    this.#size = this.record.btf.sizeof(this.record.id);
    if (this.#size > STACK_SIZE)
      throw new RangeError(`a record of ${this.#size} bytes does not fit the stack`);
    this.#seq = btf.offsetOf('bpf_iter_meta', 'seq');
    this.mov(R6, R1);
  }

  /** `record.field = src` */
  set(field: string, src: Register | number): this {
    const { at, width } = this.#place(field);
    return this.store(width, R10, at, src);
  }

  /** `dst = record.field` */
  get(dst: Register, field: string): this {
    const { at, width } = this.#place(field);
    return this.load(width, dst, R10, at);
  }

  /**
   * Copies a member that is an array of `char` to a field: of a struct that the verifier knows `base` to point to, which needs
   * no helper. Uses r1.
   */
  take(field: string, base: Register, offset: number): this {
    const { at, size } = this.#place(field);
    for (let i = 0; i < size; i += 4) this.load('u32', R1, base, offset + i).store('u32', R10, at + i, R1);
    return this;
  }

  /** Copies kernel memory at `base + offset` to a field, zeros where it cannot be read. Uses r0 to r5. */
  copy(field: string, base: Register, offset: number): this {
    const { at, size } = this.#place(field);
    this.mov(R3, base).add(R3, offset).mov(R1, R10).add(R1, at).mov(R2, size);
    return this.call('probe_read_kernel');
  }

  /** Writes the record, whole or not at all, and ends. */
  write(): this {
    this.load('u64', R1, R6, 0).load('u64', R1, R1, this.#seq);
    this.mov(R2, R10).add(R2, -this.#size).mov(R3, this.#size).call('seq_write');
    return this.label('out').mov(R0, 0).exit();
  }

  /** Where a field lies on the stack. */
  #place(field: string): { at: number; size: number; width: Width } {
    const { btf, id } = this.record;
    const { bitOffset, type } = btf.member(id, field);
    const size = btf.sizeof(type);
    return { at: bitOffset / 8 - this.#size, size, width: size === 4 ? 'u32' : 'u64' };
  }
}

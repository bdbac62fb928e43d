import type { Btf, BtfType } from '../../btf/index.ts';
import type { FieldAccess, Step } from './access.ts';

/** libbpf counts bits in 32 bits. */
const MAX_BIT_OFFSET = 0xffff_ffff;

/** Steps through types and adds up where they lead; used for the object's types and for the kernel's alike. */
export class Way {
  readonly #btf: Btf;
  readonly #root: number;
  readonly steps: Step[] = [];
  #at: number;
  #bitOffset = 0;

  constructor(btf: Btf, root: number) {
    this.#btf = btf;
    this.#root = root;
    this.#at = root;
  }

  /** The type that was reached, behind typedefs and qualifiers. */
  get type(): BtfType {
    return this.#btf.type(this.#btf.resolve(this.#at));
  }

  /** Goes on to `type`, which begins `bits` further on. */
  skip(bits: number, type: number): void {
    this.#bitOffset += bits;
    this.#at = type;
  }

  /** Goes on to the element with that index of an array of the type that was reached; false if it is too far away. */
  element(index: number): boolean {
    this.#at = this.#btf.resolve(this.#at);
    this.#bitOffset += index * this.#btf.sizeof(this.#at) * 8;
    this.steps.push({ kind: 'element', index, type: this.#at });
    return this.#bitOffset <= MAX_BIT_OFFSET;
  }

  /** Whether the array that was reached has an element with that index: a flexible array (`is_flex_arr`) has any. */
  holds(index: number): boolean {
    const array = this.type;
    if (array.kind !== 'array') return false;
    if (index < array.count) return true;
    const step = this.steps.at(-1);
    return array.count === 0 && step?.kind === 'member' && step.last;
  }

  access(): FieldAccess {
    return {
      form: 'field',
      btf: this.#btf,
      root: this.#root,
      steps: this.steps,
      bitOffset: this.#bitOffset,
    };
  }
}

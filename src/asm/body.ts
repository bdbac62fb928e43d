import { ArgumentError, nearest } from '../errors/index.ts';
import type { Instruction } from './instruction.ts';
import { slotsOf } from './link.ts';
import { BPF_JA, BPF_JMP, BPF_JMP32 } from './opcode.ts';

/** One function under construction: its instructions, and labels that hold inside it only. */
export class FunctionBody {
  /** Undefined for the code before the first `function()`. */
  readonly symbol: string | undefined;
  readonly #instructions: Instruction[] = [];
  /** Label → index of the instruction it stands before. */
  readonly #labels = new Map<string, number>();
  /** Index of a jump → the label it goes to. */
  readonly #jumps = new Map<number, string>();

  constructor(symbol: string | undefined) {
    this.symbol = symbol;
  }

  get isEmpty(): boolean {
    return this.#instructions.length === 0 && this.#labels.size === 0;
  }

  emit(instruction: Instruction, label?: string): void {
    if (label !== undefined) this.#jumps.set(this.#instructions.length, label);
    const isFirst = this.#instructions.length === 0 && this.symbol !== undefined;
    this.#instructions.push(isFirst ? { ...instruction, symbol: this.symbol! } : instruction);
  }

  label(name: string): void {
    if (this.#labels.has(name)) {
      throw new ArgumentError({
        message: `label "${name}" is defined twice in ${this.#name()}`,
        remedy: 'Give each place of a function its own label.',
      });
    }
    this.#labels.set(name, this.#instructions.length);
  }

  /** The instructions, with each jump's distance filled in. */
  resolve(): Instruction[] {
    if (this.#instructions.length === 0) {
      throw new ArgumentError({
        message: `${this.#name()} has no instructions`,
        remedy: 'Give it at least exit().',
      });
    }
    const slots = slotsOf(this.#instructions);
    return this.#instructions.map((instruction, index) => {
      const label = this.#jumps.get(index);
      if (label === undefined) return instruction;
      return jumpBy(instruction, slots[this.#target(label)]! - slots[index]! - 1, label);
    });
  }

  #target(label: string): number {
    const target = this.#labels.get(label);
    if (target === undefined) {
      const near = nearest(label, this.#labels.keys());
      throw new ArgumentError({
        message: `label "${label}" is not defined in ${this.#name()}`,
        remedy: near.length > 0 ? `Did you mean ${near.join(', ')}?` : `Define it with label("${label}").`,
      });
    }
    if (target === this.#instructions.length) {
      throw new ArgumentError({
        message: `label "${label}" stands after the last instruction of ${this.#name()}`,
        remedy: 'End the function with exit() or a jump.',
      });
    }
    return target;
  }

  #name(): string {
    return this.symbol === undefined ? 'the program' : `function "${this.symbol}"`;
  }
}

function jumpBy(jump: Instruction, distance: number, label: string): Instruction {
  if (distance >= -0x8000 && distance <= 0x7fff) return { ...jump, offset: distance };
  if (jump.opcode === (BPF_JMP | BPF_JA)) return { ...jump, opcode: BPF_JMP32 | BPF_JA, imm: distance };
  throw new ArgumentError({
    message: `label "${label}" is ${distance} slots away, too far for a conditional jump`,
    remedy: 'Jump over a jump() with the opposite condition: jump() reaches any distance.',
  });
}

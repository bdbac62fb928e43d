import { type Instruction, resolveFunctions, slotCount } from '../../asm/index.ts';
import type { ObjectFile } from './object-file.ts';

/**
 * Most slots that all programs of an object may have together, each with all that it calls. The verifier looks at one
 * million instructions of one program at most.
 */
const MAX_SLOTS = 4_000_000;

/** Puts programs together with the functions that they call. */
export class Linker {
  readonly #file: ObjectFile;
  readonly #code: ReadonlyMap<string, readonly Instruction[]>;
  #slots = 0;

  constructor(file: ObjectFile, code: ReadonlyMap<string, readonly Instruction[]>) {
    this.#file = file;
    this.#code = code;
  }

  /**
   * The code of a program: its own, then that of each function at the first call of it that is met, going through
   * callees before going on in the caller (`bpf_object__reloc_code`).
   *
   * @throws ObjectFormatError when all programs together are too long.
   */
  link(name: string): Instruction[] {
    const linked: Instruction[] = [];
    const seen = new Set<string>();
    const open: { readonly code: readonly Instruction[]; next: number }[] = [];
    const enter = (callee: string): void => {
      const code = this.#code.get(callee)!;
      seen.add(callee);
      for (const instruction of code) {
        linked.push(instruction);
        this.#slots += slotCount(instruction);
      }
      if (this.#slots > MAX_SLOTS)
        throw this.#file.error(0, `at most ${MAX_SLOTS} instructions in all programs`);
      open.push({ code, next: 0 });
    };
    enter(name);
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const instruction = top.code[top.next++];
      if (instruction === undefined) open.pop();
      else if (instruction.reference?.kind === 'function' && !seen.has(instruction.reference.name)) {
        enter(instruction.reference.name);
      }
    }
    return resolveFunctions(linked);
  }
}

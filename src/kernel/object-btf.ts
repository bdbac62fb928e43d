import type { Instruction } from '../asm/index.ts';
import type { Btf } from '../btf/index.ts';
import { BtfPatch } from '../btf/patch.ts';
import type { ProgramSpec } from '../spec/index.ts';
import { btfLoad, closeFd } from '../sys/index.ts';
import { type FuncAndLineInfo, funcAndLineInfo, startsFunction } from './program-btf.ts';

/** The types of an object in the kernel: its maps and programs refer to them by id. */
export class ObjectBtf implements Disposable {
  readonly fd: number;
  /** As the front end made them. */
  readonly types: Btf;
  readonly #texts: ReadonlyMap<string, number>;

  /**
   * Loads it, with the texts of lines that are not among its strings yet.
   *
   * @throws BpfSyscallError, PermissionError.
   */
  constructor(btf: Btf, programs: readonly ProgramSpec[], object: string) {
    const patch = new BtfPatch(btf);
    const texts = new Map<string, number>();
    for (const [offset, text] of btf.strings()) texts.set(text, offset);
    for (const { instructions } of programs) {
      for (const { source } of instructions) {
        if (source === undefined) continue;
        for (const text of [source.file, source.text]) {
          if (!texts.has(text)) texts.set(text, patch.addString(text));
        }
      }
    }
    this.#texts = texts;
    this.types = btf;
    this.fd = btfLoad(patch.build(), `BTF of object ${object}`);
  }

  /** Undefined where a function has no `FUNC` in this BTF: the kernel wants all or none. */
  infoOf(instructions: readonly Instruction[]): FuncAndLineInfo | undefined {
    const isKnown = instructions.every((i, index) => i.func !== undefined || !startsFunction(i, index));
    if (!isKnown) return undefined;
    return funcAndLineInfo(instructions, {
      func: (first) => first.func!,
      text: (text) => this.#texts.get(text)!,
    });
  }

  [Symbol.dispose](): void {
    closeFd(this.fd);
  }
}

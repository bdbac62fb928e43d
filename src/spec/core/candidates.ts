import type { Btf } from '../../btf/index.ts';
import { essentialName, nameOf, sameKind, typeInWords } from './names.ts';

/** The types of one kernel. */
export interface CoreTargets {
  /** Types of the kernel itself. */
  readonly vmlinux: Btf;
  /** Types of its modules, split off `vmlinux`. Read only for a name that the kernel itself does not have: may be a getter. */
  readonly modules?: readonly Btf[];
}

/** A type of the kernel that may be the one that the object means. */
export interface Candidate {
  readonly btf: Btf;
  readonly id: number;
}

/** Finds types of a kernel by kind and essential name: once for each type of the object. */
export class CandidateCache {
  readonly #local: Btf;
  readonly #targets: CoreTargets;
  #modules: readonly Btf[] | undefined;
  readonly #found: Map<number, readonly Candidate[]> = new Map();

  constructor(local: Btf, targets: CoreTargets) {
    this.#local = local;
    this.#targets = targets;
  }

  /** Candidates for a type of the object: those of the kernel, or else those of all modules (`bpf_core_find_cands`). */
  find(localId: number): readonly Candidate[] {
    let found = this.#found.get(localId);
    if (found === undefined) {
      found = search(this.#targets.vmlinux, this.#local, localId);
      if (found.length === 0) {
        this.#modules ??= this.#targets.modules ?? [];
        found = this.#modules.flatMap((module) => search(module, this.#local, localId));
      }
      this.#found.set(localId, found);
    }
    return found;
  }

  /** From now on only `candidates` stand for that type: those that had what an earlier relocation asked for. */
  narrow(localId: number, candidates: readonly Candidate[]): void {
    this.#found.set(localId, candidates);
  }
}

/** A candidate in words: `struct task_struct [vmlinux 123]`. */
export function candidateInWords({ btf, id }: Candidate): string {
  return `${typeInWords(btf, id)} [${btf.name} ${id}]`;
}

function search(btf: Btf, local: Btf, localId: number): Candidate[] {
  const type = local.type(localId);
  const name = essentialName(nameOf(type));
  const candidates: Candidate[] = [];
  for (const id of btf.findFlavors(name)) {
    const found = btf.type(id);
    if (sameKind(found, type) && essentialName(nameOf(found)) === name) candidates.push({ btf, id });
  }
  return candidates;
}

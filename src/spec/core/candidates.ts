import type { Btf } from '../../btf/index.ts';
import { essentialName, nameOf, sameKind, typeInWords } from './names.ts';

/** The types of one kernel. */
export interface CoreTargets {
  /** Types of the kernel itself. */
  readonly vmlinux: Btf;
  /** Types of its modules, split off `vmlinux`; asked for names that the kernel itself does not have. */
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
  readonly #found: Map<number, readonly Candidate[]> = new Map();

  constructor(local: Btf, targets: CoreTargets) {
    this.#local = local;
    this.#targets = targets;
  }

  /** Candidates for a type of the object: those of the kernel, or else those of all modules (`bpf_core_find_cands`). */
  find(localId: number): readonly Candidate[] {
    let found = this.#found.get(localId);
    if (found === undefined) {
      const { vmlinux, modules = [] } = this.#targets;
      found = search(vmlinux, this.#local, localId);
      if (found.length === 0) found = modules.flatMap((module) => search(module, this.#local, localId));
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
  const ids = [...btf.findAll('any', name), ...(flavorsOf(btf).get(name) ?? [])];
  return ids
    .filter((id) => sameKind(btf.type(id), type) && essentialName(nameOf(btf.type(id))) === name)
    .sort((a, b) => a - b)
    .map((id) => ({ btf, id }));
}

/** Ids of flavours by essential name; a kernel has a few dozen, made by its build where types were in conflict. */
const flavors = new WeakMap<Btf, ReadonlyMap<string, readonly number[]>>();

function flavorsOf(btf: Btf): ReadonlyMap<string, readonly number[]> {
  let byName = flavors.get(btf);
  if (byName === undefined) {
    const made = new Map<string, number[]>();
    for (const id of btf.findContaining('___')) {
      const name = nameOf(btf.type(id));
      const essential = essentialName(name);
      if (essential === name) continue;
      const ids = made.get(essential);
      if (ids === undefined) made.set(essential, [id]);
      else ids.push(id);
    }
    byName = made;
    flavors.set(btf, byName);
  }
  return byName;
}

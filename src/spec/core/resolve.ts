import type { CoreRelocation } from '../../asm/index.ts';
import type { Btf } from '../../btf/index.ts';
import { type Access, accessInWords } from './access.ts';
import { type Candidate, CandidateCache, type CoreTargets, candidateInWords } from './candidates.ts';
import type { Budget } from './compare-types.ts';
import { matchAccess } from './match.ts';
import { essentialName, nameOf, typeInWords } from './names.ts';
import { parseAccess } from './parse-access.ts';
import { answer, answerOfAbsent, type Value } from './value.ts';

/** Pairs of types that are compared for one object at most: real ones need some thousands, this many take half a second. */
const COMPARISONS = 1 << 17;

/** What a relocation comes to in a kernel. */
export interface Resolution {
  /** Type and field asked for, as `struct task_struct.pid`. */
  readonly wanted: string;
  /** The answer for the object's own types, which its instruction holds. */
  readonly local: Value;
  readonly target: Target;
}

export type Target =
  /** `match`: the type that had it. */
  | { readonly status: 'resolved'; readonly value: Value; readonly match: string }
  /** The kernel has none, and the relocation asks for no more than that. */
  | { readonly status: 'absent'; readonly value: Value }
  /** Several types fit and disagree, or none fits. */
  | {
      readonly status: 'ambiguous' | 'missing';
      readonly reason: string;
      readonly candidates: readonly string[];
      readonly near: readonly string[];
    };

/** Answers the relocations of one object for one kernel (`bpf_core_calc_relo_insn`). */
export class Resolver {
  readonly #local: Btf;
  readonly #candidates: CandidateCache;
  readonly #budget: Budget = { left: COMPARISONS };
  /** Subprograms are in each program that calls them, with the same relocations. */
  readonly #resolved: Map<string, Resolution | string> = new Map();

  constructor(local: Btf, targets: CoreTargets) {
    this.#local = local;
    this.#candidates = new CandidateCache(local, targets);
  }

  /**
   * @returns what was expected instead, when the relocation contradicts the object's types.
   * @throws ObjectFormatError, ArgumentError when the types of the object or the kernel are damaged.
   */
  resolve(relocation: CoreRelocation): Resolution | string {
    const key = `${relocation.kind} ${relocation.typeId} ${relocation.access}`;
    let resolution = this.#resolved.get(key);
    if (resolution === undefined) {
      resolution = this.#resolve(relocation);
      this.#resolved.set(key, resolution);
    }
    return resolution;
  }

  #resolve(relocation: CoreRelocation): Resolution | string {
    const { kind, typeId } = relocation;
    const access = parseAccess(this.#local, relocation);
    if (typeof access === 'string') return access;
    const local = answer(kind, access);
    if (typeof local === 'string') return `a question that the object's types answer: ${local}`;
    const wanted = accessInWords(access);
    if (kind === 'local_type_id') {
      return { wanted, local, target: { status: 'resolved', value: local, match: wanted } };
    }
    if (nameOf(this.#local.type(typeId)) === '') {
      return `a type with a name, which ${typeInWords(this.#local, typeId)} has not`;
    }
    return { wanted, local, target: this.#answer(relocation, access) };
  }

  #answer({ kind, typeId }: CoreRelocation, access: Access): Target {
    const candidates = this.#candidates.find(typeId);
    const matches: { candidate: Candidate; value: Value | string; bitOffset: number }[] = [];
    const failures: { reason: string; near: readonly string[] }[] = [];
    for (const candidate of candidates) {
      const found = matchAccess(kind, access, candidate.btf, candidate.id, this.#budget);
      if ('reason' in found) {
        failures.push(found);
        continue;
      }
      const bitOffset = found.form === 'field' ? found.bitOffset : 0;
      matches.push({ candidate, value: answer(kind, found), bitOffset });
    }
    const [first, ...others] = matches;
    if (first === undefined) {
      const value = answerOfAbsent(kind);
      if (value !== undefined) return { status: 'absent', value: { value, certain: true } };
      const name = typeInWords(this.#local, typeId);
      const reason = failures[0]?.reason ?? `the kernel has no ${essentialName(name)}`;
      return missing('missing', reason, candidates, failures[0]?.near);
    }
    // What a type lacks it lacks for all fields: other flavours are out from here on, as with libbpf.
    this.#candidates.narrow(
      typeId,
      matches.map(({ candidate }) => candidate),
    );
    const { value } = first;
    if (typeof value === 'string') return missing('missing', value, [first.candidate]);
    const other = others.find((o) => !agree(value, o.value) || first.bitOffset !== o.bitOffset);
    if (other !== undefined) {
      const reason = `${candidateInWords(first.candidate)} and ${candidateInWords(other.candidate)} disagree`;
      return missing(
        'ambiguous',
        reason,
        matches.map(({ candidate }) => candidate),
      );
    }
    return { status: 'resolved', value, match: candidateInWords(first.candidate) };
  }
}

function agree(value: Value, other: Value | string): boolean {
  return typeof other !== 'string' && other.value === value.value;
}

function missing(
  status: 'ambiguous' | 'missing',
  reason: string,
  candidates: readonly Candidate[],
  near: readonly string[] = [],
): Target {
  // A hostile BTF may have thousands; an error needs a few.
  return { status, reason, candidates: candidates.slice(0, 8).map(candidateInWords), near };
}

import { NotFoundError, nearest } from '../errors/index.ts';
import { type AttachTarget, attach, type BpfLink, type BpfObject, type BpfProgram } from '../kernel/index.ts';
import { parseSection } from '../spec/index.ts';

/** Kinds of attachment that BCC has calls for, in libbpf's words. */
export type Kind =
  | 'kprobe'
  | 'kretprobe'
  | 'uprobe'
  | 'uretprobe'
  | 'tracepoint'
  | 'raw_tracepoint'
  | 'perf_event'
  | 'fentry'
  | 'fexit'
  | 'lsm';

/** The functions of a text that were loaded on request, and what they are attached to. */
export class Attachments {
  readonly #object: BpfObject;
  /** By name of the function and type of program. */
  readonly #programs: Map<string, BpfProgram> = new Map();
  /** By kind of attachment and what it is to; several functions may be attached to one thing. */
  readonly #links: Map<string, { function: string; link: BpfLink }[]> = new Map();

  constructor(object: BpfObject) {
    this.#object = object;
  }

  /**
   * A function of the text as a program of a kind; loaded at the first call.
   *
   * @param section such as `kprobe`, `xdp`, `cgroup_skb/egress`.
   * @throws NotFoundError with the nearest names; VerifierError, PermissionError, BpfSyscallError.
   */
  load(fnName: string, section: string): BpfProgram {
    const { programType, attachType } = parseSection(section);
    const key = `${fnName}/${programType}/${attachType ?? ''}`;
    const loaded = this.#programs.get(key) ?? this.#ofObject(fnName, programType);
    if (loaded !== undefined) return loaded;
    const program = this.#object.loadProgram(fnName, section);
    this.#programs.set(key, program);
    return program;
  }

  /** The program that the object itself has loaded, as those with BCC's names for probes. */
  #ofObject(fnName: string, programType: string): BpfProgram | undefined {
    const program = Object.values(this.#object.programs).find(({ name }) => name === fnName);
    return program?.section.programType === programType ? program : undefined;
  }

  /** @param place what it is attached to, by which it will be detached. */
  attach(kind: Kind, place: string, fnName: string, target: AttachTarget): BpfLink {
    const { name, fd } = this.load(fnName, kind);
    const link = attach({ name, fd, section: parseSection(kind) }, target);
    const key = `${kind} ${place}`;
    this.#links.set(key, [...(this.#links.get(key) ?? []), { function: fnName, link }]);
    return link;
  }

  /**
   * Ends what {@link attach} made.
   *
   * @param fnName only that of this function.
   * @throws NotFoundError where there is none.
   */
  detach(kind: Kind, place: string, fnName?: string): void {
    const key = `${kind} ${place}`;
    const all = this.#links.get(key) ?? [];
    const ending = all.filter((a) => fnName === undefined || a.function === fnName);
    if (ending.length === 0) throw this.#notAttached(kind, place, fnName);
    const staying = all.filter((a) => !ending.includes(a));
    if (staying.length > 0) this.#links.set(key, staying);
    else this.#links.delete(key);
    for (const { link } of ending) link.close();
  }

  #notAttached(kind: Kind, place: string, fnName: string | undefined): NotFoundError {
    const places = [...this.#links.keys()]
      .filter((key) => key.startsWith(`${kind} `))
      .map((key) => key.slice(kind.length + 1));
    return new NotFoundError({
      message: `no ${kind} of ${fnName ?? 'this program'} is attached to ${place}`,
      remedy: `Attached are: ${[...new Set([...nearest(place, places), ...places])].join(', ') || 'none'}.`,
    });
  }

  /** Ends all, and lets go of the programs. */
  close(): void {
    for (const { link } of [...this.#links.values()].flat()) link.close();
    this.#links.clear();
    for (const program of this.#programs.values()) program.close();
    this.#programs.clear();
  }
}

import { PermissionError, RingtailError } from '../errors/index.ts';
import type { RingState } from '../ringbuf/index.ts';
import { errno, failure, TRACING_CAPABILITIES } from '../sys/index.ts';
import { RingsById } from './by-ids.ts';
import { HolderIterator, type RingProcess } from './holders.ts';
import { PinFinder } from './pins.ts';
import { RingIterator } from './ring-iterator.ts';
import { ProgramFinder, type RingProgram } from './users.ts';

/** What keeps a ring alive, as far as this process may see it. */
export interface RingUsers {
  /** Processes that hold an fd of it, by ascending PID; undefined where the kernel does not tell. See `listRings`. */
  readonly processes: readonly RingProcess[] | undefined;
  /** Programs that use it, by way of an outer map too; undefined without CAP_SYS_ADMIN. */
  readonly programs: readonly RingProgram[] | undefined;
  /** Where it is pinned, on the bpffs mounted here. */
  readonly pins: readonly string[];
}

/** A ring of this machine, and who uses it. */
export interface ListedRing extends RingState, RingUsers {}

/** How the rings are looked at: all at once by a kernel program, or one by one by their ids, or by `bpf_ringbuf_query`. */
export type SurveyMethod = 'iterator' | 'ids' | 'query';

/** Looks at rings again and again; holds none of them meanwhile. */
export interface Survey {
  readonly method: SurveyMethod;
  /** Why it is not the better one, where that was tried. */
  readonly methodReason: string | undefined;
  /** The rings now, by ascending id. */
  read(): RingState[];
  /** Who uses which ring now, to be asked by id. */
  users(): (id: number) => RingUsers;
  close(): Promise<void>;
}

/** Looks at all rings of the machine. */
export class RingSurvey implements Survey {
  readonly method: SurveyMethod;
  readonly methodReason: string | undefined;
  readonly #rings: RingIterator | RingsById;
  readonly #holders: HolderIterator | undefined;
  readonly #programs = new ProgramFinder();
  readonly #pins = new PinFinder();

  private constructor(
    rings: RingIterator | RingsById,
    holders: HolderIterator | undefined,
    methodReason?: string,
  ) {
    this.#rings = rings;
    this.#holders = holders;
    this.method = rings instanceof RingIterator ? 'iterator' : 'ids';
    this.methodReason = methodReason;
  }

  /**
   * @throws PermissionError where this process may neither load iterators (CAP_BPF and CAP_PERFMON) nor open maps by
   *   their ids (CAP_SYS_ADMIN); the error that came instead of iterators where ids fail too.
   */
  static async open(): Promise<RingSurvey> {
    let rings: RingIterator;
    try {
      rings = await RingIterator.open();
    } catch (error) {
      if (error instanceof RingtailError) return RingSurvey.#byIds(error);
      throw error;
    }
    try {
      return new RingSurvey(rings, await HolderIterator.open());
    } catch (error) {
      await rings.close();
      throw error;
    }
  }

  /** @param instead why there are no iterators. */
  static #byIds(instead: RingtailError): RingSurvey {
    const rings = new RingsById();
    try {
      rings.read();
    } catch (error) {
      if (!(error instanceof PermissionError)) throw error;
      if (!(instead instanceof PermissionError)) throw instead;
      // Each call would name what it misses; this names what all of them need.
      const { command } = instead;
      const what = "the program that looks at this machine's rings";
      throw failure({ command, what, errno: errno.EPERM, needs: TRACING_CAPABILITIES });
    }
    return new RingSurvey(rings, undefined, instead.message);
  }

  read(): RingState[] {
    return this.#rings.read();
  }

  users(): (id: number) => RingUsers {
    const processes = this.#holders?.read();
    const programs = this.#programs.read();
    const pins = this.#pins.read();
    return (id) => ({
      processes: processes && (processes.get(id) ?? []),
      programs: programs && (programs.get(id) ?? []),
      pins: pins.get(id) ?? [],
    });
  }

  async close(): Promise<void> {
    await this.#rings.close();
    await this.#holders?.close();
  }
}

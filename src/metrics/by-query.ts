import { ArgumentError } from '../errors/index.ts';
import { queryRing, type RingState, ringState, ringType } from '../ringbuf/index.ts';
import { MapFlags, MapType } from '../spec/index.ts';
import { closeFd, mapInfo, objectGet, objectIds, openById } from '../sys/index.ts';
import type { RingUsers, Survey } from './survey.ts';
import { ifThere } from './users.ts';

/**
 * Takes the positions of rings from `bpf_ringbuf_query`, ring by ring, each opened read-only and let go of again. Read-only maps
 * cannot be mapped, so of records that are in writing nothing is known here. User rings cannot be asked.
 */
export class QuerySurvey implements Survey {
  readonly method = 'query';
  readonly methodReason = undefined;
  readonly #pins: readonly string[] | undefined;
  /** By id: whether it is a ring. Ids are given out in turn: 2^31 maps are made before one comes again. */
  #known = new Map<number, boolean>();
  /** Which of the pins lead to which ring now. */
  readonly #paths = new Map<number, string[]>();

  /**
   * @param pins paths of the rings; without them all rings of the machine are asked, which takes CAP_SYS_ADMIN. Later a
   *   ring may go and come again; one that is not there at the start is a mistake.
   * @throws as {@link read} does; NotFoundError for a pin that does not exist.
   */
  constructor(pins?: readonly string[]) {
    this.#pins = pins;
    for (const path of pins ?? []) byPin(path);
  }

  /** @throws ArgumentError for a pin that is no ring; PermissionError, BpfSyscallError. */
  read(): RingState[] {
    const rings = this.#pins === undefined ? this.#all() : this.#pinned(this.#pins);
    return rings.sort((a, b) => a.id - b.id);
  }

  users(): (id: number) => RingUsers {
    return (id) => ({ processes: undefined, programs: undefined, pins: this.#paths.get(id) ?? [] });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #all(): RingState[] {
    const known = new Map<number, boolean>();
    const rings: RingState[] = [];
    for (const id of objectIds('MAP')) {
      const state = this.#known.get(id) === false ? undefined : ifThere(() => byId(id));
      known.set(id, state !== undefined);
      if (state !== undefined) rings.push(state);
    }
    this.#known = known;
    return rings;
  }

  #pinned(pins: readonly string[]): RingState[] {
    const rings = new Map<number, RingState>();
    this.#paths.clear();
    for (const path of pins) {
      const state = ifThere(() => byPin(path));
      if (state === undefined) continue;
      rings.set(state.id, state);
      this.#paths.set(state.id, [...(this.#paths.get(state.id) ?? []), path]);
    }
    return [...rings.values()];
  }
}

/** @throws ArgumentError for what is no ring that can be asked. */
function byPin(path: string): RingState {
  const fd = objectGet(path, MapFlags.RDONLY);
  try {
    const state = ask(fd);
    if (state !== undefined) return state;
  } finally {
    closeFd(fd);
  }
  throw new ArgumentError({
    message: `pin ${path} is no ring that kernel programs write`,
    remedy: 'Name pins of BPF_MAP_TYPE_RINGBUF maps.',
  });
}

function byId(id: number): RingState | undefined {
  const fd = openById('MAP', id, MapFlags.RDONLY);
  try {
    return ask(fd);
  } finally {
    closeFd(fd);
  }
}

/** @returns undefined for what is no ring that can be asked. */
function ask(fd: number): RingState | undefined {
  const { id, name, type: mapType, maxEntries: size, flags } = mapInfo(fd, `fd ${fd}`);
  const type = ringType(mapType);
  if (type === undefined || mapType !== MapType.RINGBUF) return undefined;
  const { consumerPosition: consumer, producerPosition: producer } = queryRing(fd);
  const time = process.hrtime.bigint();
  const positions = { consumer, producer, consumerAfter: consumer, header: 0 };
  return { ...ringState({ id, name, type, size, flags, time }, positions), head: undefined };
}

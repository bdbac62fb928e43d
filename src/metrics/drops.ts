import { ProgramBuilder, R0, R1, R2, R3, R4, R6, R10 } from '../asm/index.ts';
import type { Btf } from '../btf/index.ts';
import { RingtailError } from '../errors/index.ts';
import {
  type BpfMap,
  type BpfObject,
  enableStats,
  load,
  type RunTimeStats,
  vmlinuxBtf,
} from '../kernel/index.ts';
import { declaredType, type ObjectSpec, type ProgramSpec } from '../spec/index.ts';
import { errno } from '../sys/index.ts';

/** Whether failed reserves of all rings are counted. */
export type DropsState =
  | { readonly state: 'off' }
  | {
      readonly state: 'counted';
      /**
       * What counting costs each record that a program places, in nanoseconds: the mean run of the programs that count, without the
       * trampoline that calls them. Undefined until some ran, and where the kernel does not measure (CAP_SYS_ADMIN).
       */
      readonly costNs?: number | undefined;
    }
  /** The kernel refused: nothing is known of drops. */
  | { readonly state: 'not observable'; readonly reason: string };

/** Most rings with drops that are counted at once. */
const MOST_RINGS = 4096;
/** Runs whose mean is good enough. */
const MEASURED_RUNS = 1000n;
const MAP = 'drops';

/** The kernel's helpers that place a record, and what they return when there is no room (kernel/bpf/ringbuf.c). */
const HELPERS = {
  bpf_ringbuf_reserve: 0,
  bpf_ringbuf_output: -errno.EAGAIN,
  bpf_ringbuf_reserve_dynptr: -errno.EINVAL,
} as const;

/**
 * Counts records that found no room, for every ring of the machine, by programs on the return of the helpers that place
 * records (`fexit`). The kernel itself keeps no such count.
 *
 * It costs the producers: {@link costNs} measures that, for which the kernel takes the time of all programs of the machine until
 * {@link MEASURED_RUNS} records were placed (some 20 ns a run). Not seen are reserves of a program that the kernel skips because another one
 * of these runs on the same CPU already (in an interrupt), and records that a ring in overwrite mode overwrites.
 */
export class DropCounter {
  readonly #object: BpfObject;
  readonly #drops: BpfMap<{ id: number }, { count: bigint }>;
  readonly #measuring: RunTimeStats | undefined = tryMeasure();

  private constructor(object: BpfObject) {
    this.#object = object;
    this.#drops = object.maps[MAP] as unknown as BpfMap<{ id: number }, { count: bigint }>;
  }

  /**
   * @throws PermissionError, BpfSyscallError, NotSupportedError, VerifierError where this kernel does not let programs
   *   attach to its functions.
   */
  static async open(): Promise<DropCounter> {
    const object = await load(dropsObject(vmlinuxBtf()));
    try {
      return new DropCounter(object.attach());
    } catch (error) {
      await object.close();
      throw error;
    }
  }

  /** As {@link open}. @returns instead of a counter, why there is none. */
  static async tryOpen(): Promise<DropCounter | string> {
    try {
      return await DropCounter.open();
    } catch (error) {
      if (error instanceof RingtailError) return error.message;
      throw error;
    }
  }

  /** Drops by map id, since the counter was opened; ids without any are absent. */
  read(): Map<number, bigint> {
    const drops = new Map<number, bigint>();
    for (const [{ id }, perCpu] of this.#drops.perCpu.entries()) {
      drops.set(
        id,
        perCpu.reduce((sum, { count }) => sum + count, 0n),
      );
    }
    return drops;
  }

  /** See {@link DropsState}. */
  costNs(): number | undefined {
    const stats = Object.values(this.#object.programs).map((program) => program.stats());
    const runs = stats.reduce((sum, { runCount }) => sum + runCount, 0n);
    const time = stats.reduce((sum, { runTimeNs }) => sum + runTimeNs, 0n);
    if (runs >= MEASURED_RUNS) this.#measuring?.close();
    return runs === 0n ? undefined : Math.round(Number(time) / Number(runs));
  }

  /** Makes room for other rings. */
  forget(id: number): void {
    this.#drops.delete({ id });
  }

  close(): Promise<void> {
    this.#measuring?.close();
    return this.#object.close();
  }
}

/** Undefined where it is not allowed. */
function tryMeasure(): RunTimeStats | undefined {
  try {
    return enableStats();
  } catch (error) {
    if (error instanceof RingtailError) return undefined;
    throw error;
  }
}

function dropsObject(btf: Btf): ObjectSpec {
  const key = declaredType('struct { u32 id; }', undefined);
  const value = declaredType('struct { u64 count; }', undefined);
  const names = Object.keys(HELPERS) as (keyof typeof HELPERS)[];
  // reserve_dynptr came in 5.19.
  const there = names.filter((name) => btf.find('func', name) !== undefined);
  return {
    name: 'ringtail',
    license: 'Dual BSD/GPL',
    maps: [{ name: MAP, type: 'PERCPU_HASH', key, value, maxEntries: MOST_RINGS }],
    programs: there.map((name) => onReturn(btf, name, HELPERS[name])),
  };
}

/** Frame: the map's id, then a zero. */
const ID = -8;
const ZERO = -16;
const BPF_NOEXIST = 1;

/**
 * BTF declares every helper with five u64 parameters, whatever it takes: the result lies behind them, and the map is a
 * number that has to be read through.
 */
function onReturn(btf: Btf, helper: string, failed: number): ProgramSpec {
  const lookUp = (): ProgramBuilder =>
    b.loadMap(R1, MAP).mov(R2, R10).add(R2, ID).call('map_lookup_elem').jumpIf(R0, '!=', 0, 'known');
  const b = new ProgramBuilder();
  // First, and next to all there is to it where the record found room.
  b.load('u64', R2, R1, 8 * parameterCount(btf, helper)).jumpIf(R2, '!=', failed, 'out');
  b.mov(R6, R1).load('u64', R3, R6, 0).add(R3, btf.offsetOf('bpf_map', 'id'));
  b.store('u64', R10, ID, 0).mov(R1, R10).add(R1, ID).mov(R2, 4).call('probe_read_kernel');
  lookUp();
  b.store('u64', R10, ZERO, 0).loadMap(R1, MAP).mov(R2, R10).add(R2, ID).mov(R3, R10).add(R3, ZERO);
  b.mov(R4, BPF_NOEXIST).call('map_update_elem');
  lookUp();
  b.jump('out').label('known').mov(R1, 1).atomicAdd('u64', R0, 0, R1).label('out').mov(R0, 0).exit();
  return { name: helper.slice('bpf_'.length), section: `fexit/${helper}`, instructions: b.build() };
}

function parameterCount(btf: Btf, name: string): number {
  const func = btf.type(btf.get('func', name));
  const proto = func.kind === 'func' ? btf.type(func.type) : func;
  return proto.kind === 'func_proto' ? proto.params.length : 0;
}

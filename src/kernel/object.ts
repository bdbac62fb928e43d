import { createDecoder } from '../btf/index.ts';
import { ClosedError, NotFoundError, nearest } from '../errors/index.ts';
import { RingBuffer } from '../ringbuf/index.ts';
import { type MapSpec, type ObjectSpec, setVariables } from '../spec/index.ts';
import { checkByteOrder, checkNames, relocated } from './adapt.ts';
import { withTypes } from './assembled-btf.ts';
import { bindConstants, fillMaps, fillProgramArrays } from './contents.ts';
import { withFallbacks } from './fallback/fallback.ts';
import { kernelLacks, type Lacks } from './fallback/features.ts';
import { attach, type BpfLink, closeLinks, isAutomatic } from './links/index.ts';
import { loadSpec, type SpecOptions } from './load-spec.ts';
import { BpfMap } from './map.ts';
import type { Pinning } from './map-pin.ts';
import { ObjectBtf } from './object-btf.ts';
import type { ObjectDefinition, ObjectTypes, RingTypes } from './object-types.ts';
import { BpfProgram } from './program.ts';
import { choosePrograms, type ProgramChoices } from './program-options.ts';
import { BpfVariable, GlobalMemory } from './variable.ts';

/**
 * An object in the kernel: its maps, rings, programs and links. It owns them all.
 *
 * @typeParam T what they hold, by name.
 */
export class BpfObject<T extends ObjectTypes = RingTypes> implements AsyncDisposable {
  readonly name: string;
  readonly maps: Readonly<T['maps']>;
  readonly programs: Readonly<Record<T['programs'], BpfProgram>>;
  /** The consumer of each ring buffer. */
  readonly rings: { readonly [K in keyof T['rings']]: RingBuffer<T['rings'][K]> };
  /** Its global variables: `object.variables.seen.value`. */
  readonly variables: { readonly [K in keyof T['variables']]: BpfVariable<T['variables'][K]> };
  /** What is attached now. */
  readonly links: BpfLink[] = [];
  readonly #parts: Parts;
  readonly #loadMore: LoadMore;
  #closed = false;

  private constructor(name: string, parts: Parts, loadMore: LoadMore) {
    this.name = name;
    this.#loadMore = loadMore;
    this.maps = named('map', name, parts.maps);
    this.programs = named('program', name, parts.programs);
    this.variables = named('variable', name, parts.variables);
    this.#parts = parts;
    this.rings = named('ring', name, parts.rings);
  }

  /** See {@link load}. @param lacks what this kernel lacks; tests pretend. @internal */
  static load<T extends ObjectTypes = RingTypes>(
    blueprint: ObjectSpec,
    { pinPath, programs: choices = {}, logLevel: level }: LoadOptions = {},
    lacks: Lacks = kernelLacks,
  ): BpfObject<T> {
    checkByteOrder(blueprint);
    checkNames(blueprint);
    const chosen = new Map(Object.entries(choices));
    const wanted = { ...blueprint, programs: choosePrograms(blueprint, chosen) };
    const spec = withFallbacks(withTypes(relocated(wanted)), lacks);
    const parts: Parts = {
      maps: new Map(),
      programs: new Map(),
      rings: new Map(),
      memories: new Map(),
      variables: new Map(),
    };
    const btf = spec.btf === undefined ? undefined : new ObjectBtf(spec.btf, spec.programs, spec.name);
    try {
      // Types of keys and values are in the object's BTF, where it brought one.
      const btfFd = blueprint.btf === undefined ? undefined : btf?.fd;
      for (const map of spec.maps) parts.maps.set(map.name, BpfMap.create(map, { btfFd, pinPath }));
      for (const map of spec.maps) {
        if (map.type === 'RINGBUF') parts.rings.set(map.name, openRing(map, parts.maps));
      }
      const mapFds = fdsOf(parts.maps);
      // A map found under its pin holds what it holds.
      fillMaps({ ...spec, maps: spec.maps.filter(({ name }) => !parts.maps.get(name)!.reused) }, mapFds);
      openVariables(spec, parts);
      for (const program of spec.programs) {
        const { attachTo, logLevel = level } = chosen.get(program.name) ?? {};
        const options = { license: spec.license, mapFds, btf, attachTo, logLevel, lacks };
        parts.programs.set(program.name, BpfProgram.load(program, options));
      }
      const programFds = fdsOf(parts.programs);
      fillProgramArrays(spec, mapFds, programFds);
      bindConstants(spec, mapFds, programFds);
      return new BpfObject<T>(spec.name, parts, (name, section) =>
        loadMore(blueprint, { name, section, maps: parts.maps, lacks }),
      );
    } catch (error) {
      closeAll(parts);
      for (const map of parts.maps.values()) map.undoPin();
      throw error;
    } finally {
      btf?.[Symbol.dispose]();
    }
  }

  /**
   * Attaches every program where its section says; all or none. Programs that are run, and those whose section does
   * not say where (`SEC("xdp")`, `SEC("kprobe")`), are left out: attach these with `program.attach({ … })`.
   *
   * @throws what {@link attach} throws, with nothing left attached.
   */
  attach(): this {
    if (this.#closed) throw new ClosedError(`object ${this.name}`);
    const links: BpfLink[] = [];
    try {
      for (const program of Object.values<BpfProgram>(this.programs)) {
        if (isAutomatic(program.section)) links.push(attach(program));
      }
    } catch (error) {
      closeLinks(links);
      throw error;
    }
    this.links.push(...links);
    return this;
  }

  /**
   * Loads a program of the blueprint that was left out, or one once more in another role. The caller closes it.
   *
   * @param section where it shall belong instead of where the blueprint says: `uprobe`, `tracepoint/sched/sched_switch`.
   * @throws NotFoundError with the nearest names; what {@link BpfProgram.load} throws.
   */
  loadProgram(name: string, section?: string): BpfProgram {
    if (this.#closed) throw new ClosedError(`object ${this.name}`);
    return this.#loadMore(name, section);
  }

  /** Detaches, ends loops over its rings, and lets go of everything. Idempotent. */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      try {
        closeLinks(this.links);
      } finally {
        closeAll(this.#parts);
      }
    }
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

interface Parts {
  readonly maps: Map<string, BpfMap>;
  readonly programs: Map<string, BpfProgram>;
  readonly rings: Map<string, RingBuffer<unknown>>;
  /** Of the maps of global data, by name. */
  readonly memories: Map<string, GlobalMemory>;
  readonly variables: Map<string, BpfVariable>;
}

type LoadMore = (name: string, section: string | undefined) => BpfProgram;

function loadMore(
  blueprint: ObjectSpec,
  more: { name: string; section: string | undefined; maps: Parts['maps']; lacks: Lacks },
): BpfProgram {
  const { name, section, maps, lacks } = more;
  const program = choosePrograms(blueprint, new Map([[name, { autoload: true }]])).find(
    (p) => p.name === name,
  )!;
  const wanted = { ...blueprint, programs: [section === undefined ? program : { ...program, section }] };
  const spec = withFallbacks(withTypes(relocated(wanted)), lacks);
  const mapFds = fdsOf(maps);
  const btf = spec.btf === undefined ? undefined : new ObjectBtf(spec.btf, spec.programs, spec.name);
  try {
    return BpfProgram.load(spec.programs[0]!, { license: spec.license, mapFds, btf, lacks });
  } finally {
    btf?.[Symbol.dispose]();
  }
}

/** @throws ClosedError for one that was closed by itself. */
function fdsOf(parts: ReadonlyMap<string, { readonly fd: number }>): Map<string, number> {
  return new Map([...parts].map(([name, { fd }]) => [name, fd]));
}

/** Rings first: a ring leaves the epoll set before its fd is closed. */
function closeAll(parts: Parts): void {
  for (const ring of parts.rings.values()) ring.close();
  for (const memory of parts.memories.values()) memory[Symbol.dispose]();
  for (const program of parts.programs.values()) program.close();
  for (const map of parts.maps.values()) map.close();
}

function openVariables(spec: ObjectSpec, { maps, memories, variables }: Parts): void {
  for (const variable of spec.variables ?? []) {
    const map = spec.maps.find(({ name }) => name === variable.map)!;
    const memory = memories.get(map.name) ?? new GlobalMemory(maps.get(map.name)!, map);
    memories.set(map.name, memory);
    variables.set(variable.name, new BpfVariable(variable, memory));
  }
}

function openRing(spec: MapSpec, maps: ReadonlyMap<string, BpfMap>): RingBuffer<unknown> {
  const { event, dropCounter } = spec;
  const counter = dropCounter === undefined ? undefined : maps.get(dropCounter);
  if (dropCounter !== undefined && counter === undefined) {
    throw new NotFoundError({
      message: `ring ${spec.name} counts its drops in map ${dropCounter}, which its object does not have`,
      remedy: `Maps of the object: ${[...maps.keys()].join(', ')}.`,
    });
  }
  return RingBuffer.open<unknown>(maps.get(spec.name)!.fd, {
    name: spec.name,
    ...(event === undefined ? {} : { decoder: createDecoder<unknown>(event.btf, event.id) }),
    ...(counter === undefined ? {} : { dropped: () => sumPerCpu(counter) }),
  });
}

function sumPerCpu(counter: BpfMap): bigint {
  const values = counter.perCpu.lookup(new Uint8Array(4)) ?? [];
  return values.reduce((sum, bytes) => sum + new BigUint64Array(bytes.slice().buffer)[0]!, 0n);
}

/**
 * A record of parts by name; asking for one that is not there says which are, instead of undefined. Whether it has
 * those of `T` is for {@link checkLayout} to tell, or the word of the caller.
 */
function named<T extends object>(kind: string, object: string, parts: ReadonlyMap<string, unknown>): T {
  const record: T = Object.assign(Object.create(null), Object.fromEntries(parts));
  return new Proxy(Object.freeze(record), {
    get(target, key) {
      if (typeof key === 'symbol' || key in target || key === 'then' || key === 'toJSON')
        return Reflect.get(target, key);
      throw new NotFoundError({
        message: `object ${object} has no ${kind} "${key}"`,
        remedy: `It has: ${
          nearest(key, parts.keys())
            .concat([...parts.keys()])
            .filter(unique)
            .join(', ') || 'none'
        }.`,
      });
    },
  });
}

const unique = (item: string, index: number, all: readonly string[]): boolean => all.indexOf(item) === index;

/**
 * Loads an object into the kernel [`bpf_object__load`]: creates its maps, becomes the consumer of its rings, loads its
 * programs. On failure nothing is left behind.
 *
 * @param source path of an object file (`exec.bpf.o`) or of a program in C (`exec.bpf.c`), which is compiled as
 *   {@link compileC} does; the bytes of an object file; a blueprint; or what a module that `ringtail types` made exports,
 *   from which all types come.
 * @param options.variables first values of global variables by name.
 * @param options.pinPath where maps that are pinned by name are, or will be.
 * @throws ObjectFormatError for a file that is damaged; TypeMismatchError for one that is not what its module was made
 *   from; VerifierError, PermissionError, BpfSyscallError, NotSupportedError, NotFoundError, RelocationError,
 *   ArgumentError.
 * @example
 * ```ts
 * import exec from './exec.bpf.ts'; // ringtail types exec.bpf.o -o exec.bpf.ts
 *
 * const object = await load(exec);  // or load<{ events: ExecEvent }>('exec.bpf.o')
 * object.attach();
 * for await (const event of object.rings.events) console.log(event.filename);
 * await object.close();
 * ```
 */
export async function load<Rings extends object = Record<string, unknown>>(
  source: string | Uint8Array | ObjectSpec,
  options?: LoadOptions,
): Promise<BpfObject<RingTypes<Rings>>>;
export async function load<T extends ObjectTypes>(
  source: ObjectDefinition<T>,
  options?: LoadOptions<T['variables']>,
): Promise<BpfObject<T>>;
export async function load<T extends ObjectTypes>(
  source: string | Uint8Array | ObjectSpec | ObjectDefinition<T>,
  options: LoadOptions = {},
): Promise<BpfObject<T>> {
  const spec = await loadSpec(source, { types: options.types ?? {} });
  return BpfObject.load<T>(setVariables(spec, options.variables ?? {}), options);
}

/** Options of {@link load}. @typeParam Variables value of each global variable. */
export interface LoadOptions<Variables extends object = Record<string, unknown>>
  extends Pinning,
    SpecOptions {
  /** First values of global variables, constants included. */
  readonly variables?: Readonly<Partial<Variables>>;
  /** What is chosen for single programs, by name: `{ on_exit: { autoload: false } }`. */
  readonly programs?: ProgramChoices;
  /** What the verifier shall write about each program: LogLevel. Nothing by default, which is fastest. */
  readonly logLevel?: number;
}

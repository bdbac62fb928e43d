import { ArgumentError, NotFoundError, nearest } from '../errors/index.ts';
import {
  type BpfLink,
  BpfObject,
  type BpfProgram,
  type PerfEventName,
  syscallPrefix,
} from '../kernel/index.ts';
import { RingBufferGroup } from '../ringbuf/index.ts';
import { type ProgramSpec, setEventTypes } from '../spec/index.ts';
import { Attachments, type Kind } from './attachments.ts';
import { KernelSymbols, kprobeFunctions, type SymbolOptions, tracepoints } from './kernel-symbols.ts';
import { ProcessSymbols } from './process-symbols.ts';
import { type BpfOptions, type BpfSource, specOf } from './source.ts';
import { type AnyTable, createTable, PerfTable, type Table } from './tables/index.ts';

/** A function of the text, as the `attach…` calls name it. */
interface OfFunction {
  readonly fnName: string;
}

/** Where in a binary. */
export interface UprobePlace extends OfFunction {
  /** Path of a program or library, or its bare name: `bash`, `libc.so.6`. BCC's `c` is `libc.so.6` here too. */
  readonly name: string;
  /** Function; or else `addr`. */
  readonly sym?: string;
  /** Place in the file, in bytes. */
  readonly addr?: number;
  /** Bytes behind the function. */
  readonly symOff?: number;
  /** Only in this process; in all without it. */
  readonly pid?: number;
}

/**
 * A program in C as BCC runs it: compiled, loaded, and attached where the names of its functions say, when the
 * constructor returns.
 *
 * The constructor does all that at once, as in Python, and the event loop stands still meanwhile (some 0.3 s, for the most part
 * clang). A server that cannot afford it compiles first: `new BPF({ object: await compileC(text) })`.
 *
 * @typeParam Tables types of its tables by name, for TypeScript; every method and `any` where they are not given.
 * @example
 * ```ts
 * const b = new BPF({ text });
 * b.get('buffer').openRingBuffer((_ctx, data) => {
 *   const event = b.get('buffer').event(data);
 *   console.log(event.pid, event.filename);
 * });
 * for (;;) await b.ringBufferPoll();
 * ```
 */
export class BPF<Tables extends object = Record<string, AnyTable>> implements Disposable {
  /** What is loaded: programs, maps, rings, in this library's own words. */
  readonly object: BpfObject;
  readonly #tables: Map<string, Table> = new Map();
  readonly #rings: RingBufferGroup = new RingBufferGroup();
  readonly #perfBuffers: RingBufferGroup = new RingBufferGroup();
  readonly #attachments: Attachments;
  readonly #kernelSymbols: KernelSymbols = new KernelSymbols();
  readonly #processSymbols: ProcessSymbols = new ProcessSymbols();

  /**
   * @throws CompileError with the place in the text; NotFoundError where there is no clang; VerifierError with the line of
   *   the text; PermissionError; what attaching throws. Nothing stays in the kernel then.
   */
  constructor(options: BpfSource & BpfOptions) {
    const spec = setEventTypes(specOf(options), options.types ?? {});
    this.object = BpfObject.load({ ...spec, programs: spec.programs.map(withoutSyscalls) });
    this.#attachments = new Attachments(this.object);
    const hidden = new Set(spec.maps.map(({ dropCounter }) => dropCounter));
    for (const map of spec.maps) {
      if (hidden.has(map.name) || map.name.startsWith('.')) continue;
      const parts = { rings: this.#rings, perfBuffers: this.#perfBuffers };
      const ring = map.type === 'RINGBUF' ? this.object.rings[map.name] : undefined;
      this.#tables.set(
        map.name,
        createTable({ spec: map, map: this.object.maps[map.name]!, ring, ...parts }),
      );
    }
    try {
      this.object.attach();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** A table by name: `b['counts']` of Python. @throws NotFoundError with the names there are. */
  get<N extends keyof Tables & string>(name: N): Tables[N] {
    const table = this.#tables.get(name);
    if (table !== undefined) return table as unknown as Tables[N];
    const names = [...this.#tables.keys()];
    throw new NotFoundError({
      message: `the program has no table "${name}"`,
      remedy: `It has: ${[...new Set([...nearest(name, names), ...names])].join(', ') || 'none'}.`,
    });
  }

  /** The same as {@link get}. */
  getTable<N extends keyof Tables & string>(name: N): Tables[N] {
    return this.get(name);
  }

  /**
   * Waits until one of the open ring buffers has records, and calls their callbacks for those that are there.
   *
   * @param timeoutMs when to give up; never unless told, or where it is below 0.
   * @returns the number of records; 0 after a time-out, or when the rings were closed meanwhile.
   * @throws ArgumentError where none is open, and what callbacks throw, as rejections.
   */
  async ringBufferPoll(timeoutMs: number = -1): Promise<number> {
    this.#expectOpen(this.#rings, 'ring buffer', 'openRingBuffer');
    return this.#rings.poll(timeoutMs < 0 ? {} : { timeoutMs });
  }

  /** Calls the callbacks of the open ring buffers for the records that are there now. @returns their number. */
  ringBufferConsume(): number {
    this.#expectOpen(this.#rings, 'ring buffer', 'openRingBuffer');
    return this.#rings.consume();
  }

  /** {@link ringBufferPoll} for perf buffers. */
  async perfBufferPoll(timeoutMs: number = -1): Promise<number> {
    this.#expectOpen(this.#perfBuffers, 'perf buffer', 'openPerfBuffer');
    const count = await this.#perfBuffers.poll(timeoutMs < 0 ? {} : { timeoutMs });
    this.#tellLost();
    return count;
  }

  /** {@link ringBufferConsume} for perf buffers. */
  perfBufferConsume(): number {
    this.#expectOpen(this.#perfBuffers, 'perf buffer', 'openPerfBuffer');
    const count = this.#perfBuffers.consume();
    this.#tellLost();
    return count;
  }

  /**
   * A function of the text as a loaded program, for whatever this class has no call for: `attach({ interface: 'eth0' })`, or
   * a place in a BPF_PROG_ARRAY.
   *
   * @param section what kind of program it shall be: `kprobe`, `xdp`, `cgroup_skb/egress`.
   * @throws NotFoundError with the nearest names; VerifierError, PermissionError, BpfSyscallError.
   */
  loadFunc(fnName: string, section: string): BpfProgram {
    return this.#attachments.load(fnName, section);
  }

  /** At a function of the kernel, or at all whose names match `eventRe`. @throws NotFoundError with the nearest names. */
  attachKprobe(probe: KprobePlace): BpfLink[] {
    return this.#attachKprobes('kprobe', probe);
  }

  /** As {@link attachKprobe}, when the function returns. */
  attachKretprobe(probe: KprobePlace): BpfLink[] {
    return this.#attachKprobes('kretprobe', probe);
  }

  /** @param probe.tp `category:event`; or `tpRe`, which those tracepoints match. */
  attachTracepoint({ tp, tpRe, fnName }: OfFunction & { tp?: string; tpRe?: RegExp }): BpfLink[] {
    const places = namesOf('tp', tp, tpRe, tracepoints);
    return this.#attachEach('tracepoint', places, fnName, (place) => ({
      tracepoint: place.replace(':', '/'),
    }));
  }

  attachRawTracepoint({ tp, fnName }: OfFunction & { tp: string }): BpfLink {
    return this.#attachments.attach('raw_tracepoint', tp, fnName, { tracepoint: tp });
  }

  /** At a function of a program or library. @throws NotFoundError with the nearest names. */
  attachUprobe(probe: UprobePlace): BpfLink {
    return this.#attachUprobe('uprobe', probe);
  }

  /** As {@link attachUprobe}, when the function returns. */
  attachUretprobe(probe: UprobePlace): BpfLink {
    return this.#attachUprobe('uretprobe', probe);
  }

  /** At samples of an event: `samplePeriod` events for each, or `sampleFreq` in a second. */
  attachPerfEvent(sampling: PerfEventPlace): BpfLink {
    const { event, fnName, samplePeriod, sampleFreq, pid, cpu } = sampling;
    return this.#attachments.attach('perf_event', event, fnName, {
      event,
      ...(samplePeriod === undefined ? {} : { period: samplePeriod }),
      ...(sampleFreq === undefined ? {} : { frequency: sampleFreq }),
      ...(pid === undefined ? {} : { pid }),
      ...(cpu === undefined ? {} : { cpu }),
    });
  }

  /** Ends what {@link attachKprobe} made; with `fnName` only that of this function. @throws NotFoundError. */
  detachKprobe(event: string, fnName?: string): void {
    this.#attachments.detach('kprobe', event, fnName);
  }

  detachKretprobe(event: string, fnName?: string): void {
    this.#attachments.detach('kretprobe', event, fnName);
  }

  detachTracepoint(tp: string): void {
    this.#attachments.detach('tracepoint', tp);
  }

  detachRawTracepoint(tp: string): void {
    this.#attachments.detach('raw_tracepoint', tp);
  }

  detachUprobe(probe: Omit<UprobePlace, 'fnName'>): void {
    this.#attachments.detach('uprobe', uprobeKey(probe));
  }

  detachUretprobe(probe: Omit<UprobePlace, 'fnName'>): void {
    this.#attachments.detach('uretprobe', uprobeKey(probe));
  }

  detachPerfEvent(event: PerfEventName): void {
    this.#attachments.detach('perf_event', event);
  }

  /** Name of the kernel's function that an address is in, or `[unknown]`. @throws PermissionError. */
  ksym(address: bigint, options: SymbolOptions = {}): string {
    return this.#kernelSymbols.nameOf(address, options);
  }

  /** Address of a symbol of the kernel. @throws NotFoundError with the nearest names; PermissionError. */
  ksymname(name: string): bigint {
    return this.#kernelSymbols.addressOf(name);
  }

  /** Name of the function that an address of a process is in, or `[unknown]`; of the kernel where `pid` is below 0. */
  sym(address: bigint, pid: number, options: SymbolOptions = {}): string {
    if (pid < 0) return this.ksym(address, options);
    return this.#processSymbols.nameOf(address, pid, options);
  }

  /** The kernel's function for a system call: `clone` → `__x64_sys_clone`. */
  getSyscallFnname(name: string): string {
    return `${syscallPrefix()}${name}`;
  }

  /** What the kernel's functions for system calls begin with: `__x64_sys_`. */
  getSyscallPrefix(): string {
    return syscallPrefix();
  }

  /** Names of the kernel's functions that match and may be probed. */
  getKprobeFunctions(pattern: RegExp): string[] {
    return kprobeFunctions(pattern);
  }

  /** Detaches, and lets go of everything; polls end. Idempotent. */
  close(): void {
    this.#attachments.close();
    for (const table of this.#tables.values()) if (table instanceof PerfTable) table.close();
    void this.object.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #expectOpen(group: RingBufferGroup, what: string, call: string): void {
    if (group.size > 0) return;
    throw new ArgumentError({
      message: `no ${what} is open`,
      remedy: `Call b.get(name).${call}(callback) first.`,
    });
  }

  #tellLost(): void {
    for (const table of this.#tables.values()) if (table instanceof PerfTable) table.tellLost();
  }

  #attachKprobes(kind: 'kprobe' | 'kretprobe', probe: KprobePlace): BpfLink[] {
    const { event, eventRe, eventOff, fnName } = probe;
    const offset = eventOff === undefined ? {} : { offset: eventOff };
    return this.#attachEach(kind, namesOf('event', event, eventRe, kprobeFunctions), fnName, (symbol) => ({
      symbol,
      ...offset,
    }));
  }

  /** All or none. */
  #attachEach(
    kind: Kind,
    places: readonly string[],
    fnName: string,
    target: (place: string) => object,
  ): BpfLink[] {
    const done: string[] = [];
    try {
      return places.map((place) => {
        const link = this.#attachments.attach(kind, place, fnName, target(place));
        done.push(place);
        return link;
      });
    } catch (error) {
      for (const place of done) this.#attachments.detach(kind, place, fnName);
      throw error;
    }
  }

  #attachUprobe(kind: 'uprobe' | 'uretprobe', probe: UprobePlace): BpfLink {
    const { name, sym, addr, symOff, pid, fnName } = probe;
    const offset = addr ?? symOff;
    return this.#attachments.attach(kind, uprobeKey(probe), fnName, {
      binary: name === 'c' ? 'libc.so.6' : name,
      ...(sym === undefined ? {} : { symbol: sym }),
      ...(offset === undefined ? {} : { offset }),
      ...(pid === undefined || pid < 0 ? {} : { pid }),
    });
  }
}

/** Where in the kernel: one of `event` and `eventRe`. */
export interface KprobePlace extends OfFunction {
  readonly event?: string;
  /** Bytes behind it. */
  readonly eventOff?: number;
  /** Which functions' names match. */
  readonly eventRe?: RegExp;
}

/** What is sampled. */
export interface PerfEventPlace extends OfFunction {
  /** Name of a hardware or software event, as `perf list` prints it: `cpu-clock`. */
  readonly event: PerfEventName;
  readonly samplePeriod?: number;
  readonly sampleFreq?: number;
  /** Only of this process; of all without it. */
  readonly pid?: number;
  readonly cpu?: number;
}

/** BCC attaches functions for system calls by `attachKprobe({ event: b.getSyscallFnname(name), fnName })`. */
function withoutSyscalls(program: ProgramSpec): ProgramSpec {
  return program.name.startsWith('syscall__') ? { ...program, autoload: false } : program;
}

/** One name, or all that match. @throws ArgumentError for neither or both; NotFoundError where none matches. */
function namesOf(
  field: string,
  name: string | undefined,
  pattern: RegExp | undefined,
  list: (pattern: RegExp) => string[],
): string[] {
  if ((name === undefined) === (pattern === undefined)) {
    throw new ArgumentError({
      message: `what to attach to is given by ${name === undefined ? 'nothing' : 'two options'}`,
      remedy: `Give one of ${field} and ${field}Re.`,
    });
  }
  if (name !== undefined) return [name];
  const names = list(pattern!);
  if (names.length > 0) return names;
  throw new NotFoundError({
    message: `nothing to attach to matches ${pattern}`,
    remedy: `Give ${field}Re a regular expression that matches the whole or a part of a name.`,
  });
}

function uprobeKey({ name, sym, addr, symOff }: Omit<UprobePlace, 'fnName'>): string {
  return `${name}:${sym ?? ''}+${addr ?? symOff ?? 0}`;
}

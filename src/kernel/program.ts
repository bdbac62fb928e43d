import { encodeInstructions } from '../asm/index.ts';
import { ClosedError } from '../errors/index.ts';
import { type ProgramSpec, ProgramType, parseSection, type Section } from '../spec/index.ts';
import {
  btfLoad,
  closeFd,
  objectPin,
  type ProgramInfo,
  type ProgramLoad,
  programInfo,
} from '../sys/index.ts';
import { type AttachTo, attachPlace } from './attach-target.ts';
import { kernelLacks, type Lacks } from './fallback/features.ts';
import { type AttachTarget, attach, type BpfLink } from './links/index.ts';
import { type LoadedProgram, loadProgram } from './load-program.ts';
import { kernelVersionCode } from './machine.ts';
import { ModuleSymbols } from './module-types.ts';
import type { ObjectBtf } from './object-btf.ts';
import { programBtf } from './program-btf.ts';
import { resolveReferences } from './references.ts';
import type { ProgramStats } from './run-time-stats.ts';
import { type RunInput, type RunResult, testRun } from './test-run.ts';
import { parseVerifierStats, type VerifierStats } from './verifier-log.ts';

/** What loading a program takes besides its blueprint. */
interface LoadContext {
  readonly license: string;
  readonly mapFds: ReadonlyMap<string, number>;
  readonly btf?: ObjectBtf | undefined;
  readonly attachTo?: AttachTo | undefined;
  readonly logLevel?: number | undefined;
  readonly lacks?: Lacks;
}

/** A program that the kernel has verified and taken. */
export class BpfProgram implements Disposable {
  readonly name: string;
  readonly section: Section;
  /** What the verifier wrote, as far as it was asked to: {@link ProgramOptions.logLevel}. Empty if not. */
  readonly verifierLog: string;
  #fd: number;

  private constructor(name: string, section: Section, { fd, log }: LoadedProgram) {
    this.name = name;
    this.section = section;
    this.verifierLog = log;
    this.#fd = fd;
  }

  /**
   * Loads a program [`bpf_prog_load`].
   *
   * @param options.mapFds fd of each map that the program's instructions name.
   * @param options.btf types of the object; without them, or where they do not know all functions, the program gets
   *   BTF of its own.
   * @param options.attachTo the program that an `freplace`, `fentry` or `fexit` program is for.
   * @param options.lacks what this kernel lacks; it is asked by default.
   * @param options.logLevel LogLevel: what {@link verifierLog} shall have.
   * @throws VerifierError with the whole log; RelocationError for something that this kernel does not have; PermissionError, BpfSyscallError, NotFoundError (what to attach to
   *   or a map does not exist).
   */
  static load(spec: ProgramSpec, options: LoadContext): BpfProgram {
    const modules = new ModuleSymbols();
    try {
      return BpfProgram.#load(spec, options, modules);
    } finally {
      modules[Symbol.dispose]();
    }
  }

  static #load(spec: ProgramSpec, options: LoadContext, modules: ModuleSymbols): BpfProgram {
    const section = parseSection(spec.section);
    const linked = resolveReferences(spec.name, spec.instructions, options.mapFds, modules);
    const { lacks = kernelLacks } = options;
    const takesFunctions = !lacks('btf_func');
    const shared = takesFunctions ? options.btf?.infoOf(linked) : undefined;
    const own = takesFunctions && shared === undefined ? programBtf(spec.name, linked) : undefined;
    const info = shared ?? own;
    const place = attachPlace(spec.name, section, options.attachTo);
    let ownFd: number | undefined;
    try {
      if (own !== undefined) ownFd = btfLoad(own.btf, `BTF of program ${spec.name}`);
      const load: ProgramLoad = {
        type: ProgramType[section.programType],
        name: spec.kernelName ?? spec.name,
        instructions: encodeInstructions(linked),
        license: options.license,
        expectedAttachType: section.attachType,
        attachBtfId: place.id,
        attachBtfObjectFd: place.fd,
        btf: info && { fd: ownFd ?? options.btf!.fd, ...info },
        flags: section.flags | (spec.flags ?? 0),
        // Before 5.0 kprobe programs had to name the kernel they were made for.
        kernelVersion: kernelVersionCode(),
        fdArray: modules.fdArray,
      };
      return new BpfProgram(
        spec.name,
        section,
        loadProgram(spec, options.btf?.types, load, options.logLevel),
      );
    } finally {
      if (ownFd !== undefined) closeFd(ownFd);
      place.release();
    }
  }

  /**
   * Attaches it where its section says [`bpf_program__attach`], or where `target` does. The link is the caller's: it
   * is not closed with the program or its object.
   *
   * @param target see AttachTargets, by the kind of section: `{ binary: 'libc.so.6', symbol: 'malloc' }`.
   * @throws what {@link attach} throws.
   */
  attach(target?: AttachTarget): BpfLink {
    return attach(this, target);
  }

  /** File descriptor, for other calls of bpf(2); the program keeps owning it. @throws ClosedError. */
  get fd(): number {
    if (this.#fd < 0) throw new ClosedError(`program ${this.name}`);
    return this.#fd;
  }

  /**
   * What it took to verify it, if it was loaded with `LogLevel.STATS`. How many instructions the verifier looked at is
   * always in `info().verifiedInstructions`.
   */
  get verifierStats(): VerifierStats | undefined {
    return parseVerifierStats(this.verifierLog);
  }

  /** What the kernel tells about it; among others how often it was left out because it was running already. */
  info(): ProgramInfo {
    return programInfo(this.fd, `program ${this.name}`);
  }

  /** How often it has run and how long, while the kernel counted: see {@link enableStats}. */
  stats(): ProgramStats {
    const { runTimeNs, runCount, recursionMisses } = this.info();
    return { runTimeNs, runCount, recursionMisses };
  }

  /**
   * Runs it by `BPF_PROG_TEST_RUN` [`bpf_prog_test_run_opts`], without attaching it: network programs on a packet,
   * `syscall` and raw tracepoint programs on a context.
   *
   * @throws NotSupportedError for types that the kernel runs only where they are attached; ArgumentError for a packet
   *   that is too short, or an option that the type does not take; BpfSyscallError, PermissionError.
   * @example
   * ```ts
   * const { returnValue, durationNs } = object.programs.filter.run({ data: packet, repeat: 1000 });
   * ```
   */
  run(input: RunInput = {}): RunResult {
    return testRun(this, input);
  }

  /** Keeps the program alive under a path of a bpffs. */
  pin(path: string): void {
    objectPin(this.fd, path, `program ${this.name}`);
  }

  /** Lets go of the program; links keep it running. Idempotent. */
  close(): void {
    if (this.#fd >= 0) closeFd(this.#fd);
    this.#fd = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

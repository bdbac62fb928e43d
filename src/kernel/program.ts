import { encodeInstructions } from '../asm/index.ts';
import type { Btf } from '../btf/index.ts';
import { ArgumentError, ClosedError, VerifierError } from '../errors/index.ts';
import {
  describePoison,
  POISON_HELPER,
  type ProgramSpec,
  ProgramType,
  parseSection,
  type Section,
} from '../spec/index.ts';
import {
  btfLoad,
  closeFd,
  cString,
  errno,
  errnoName,
  failure,
  objectPin,
  type ProgramInfo,
  type ProgramLoad,
  programInfo,
  programTestRun,
  TRACING_CAPABILITIES,
  tryProgramLoad,
} from '../sys/index.ts';
import { type AttachTo, attachPlace } from './attach-target.ts';
import { type AttachTarget, attach, type BpfLink } from './links/index.ts';
import { kernelVersionCode, vmlinuxBtf } from './machine.ts';
import type { ObjectBtf } from './object-btf.ts';
import { programBtf } from './program-btf.ts';
import { resolveReferences } from './references.ts';
import { summarizeVerifierLog } from './verifier-log.ts';

/** Size of the first log buffer, and of the largest that is tried; the kernel takes up to 1 GiB. */
const FIRST_LOG = 64 * 1024;
const LAST_LOG = 16 * 1024 * 1024;

/** A program that the kernel has verified and taken. */
export class BpfProgram implements Disposable {
  readonly name: string;
  readonly section: Section;
  #fd: number;

  private constructor(name: string, section: Section, fd: number) {
    this.name = name;
    this.section = section;
    this.#fd = fd;
  }

  /**
   * Loads a program [`bpf_prog_load`].
   *
   * @param options.mapFds fd of each map that the program's instructions name.
   * @param options.btf types of the object; without them, or where they do not know all functions, the program gets
   *   BTF of its own.
   * @param options.attachTo the program that an `freplace`, `fentry` or `fexit` program is for.
   * @throws VerifierError with the whole log; RelocationError for something that this kernel does not have; PermissionError, BpfSyscallError, NotFoundError (what to attach to
   *   or a map does not exist).
   */
  static load(
    spec: ProgramSpec,
    options: {
      license: string;
      mapFds: ReadonlyMap<string, number>;
      btf?: ObjectBtf | undefined;
      attachTo?: AttachTo | undefined;
    },
  ): BpfProgram {
    const section = parseSection(spec.section);
    const linked = resolveReferences(spec.name, spec.instructions, options.mapFds);
    const shared = options.btf?.infoOf(linked);
    const own = shared === undefined ? programBtf(spec.name, linked) : undefined;
    const place = attachPlace(spec.name, section, options.attachTo);
    let ownFd: number | undefined;
    try {
      if (own !== undefined) ownFd = btfLoad(own.btf, `BTF of program ${spec.name}`);
      const load: ProgramLoad = {
        type: ProgramType[section.programType],
        name: spec.name,
        instructions: encodeInstructions(linked),
        license: options.license,
        expectedAttachType: section.attachType,
        attachBtfId: place.id,
        attachBtfObjectFd: place.fd,
        btf: { fd: ownFd ?? options.btf!.fd, ...(shared ?? own!) },
        flags: section.flags,
        // Before 5.0 kprobe programs had to name the kernel they were made for.
        kernelVersion: kernelVersionCode(),
      };
      const fd = tryProgramLoad(load);
      if (fd < 0) throw rejection(spec, options.btf?.types, load, -fd);
      return new BpfProgram(spec.name, section, fd);
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

  /** What the kernel tells about it; among others how often it was left out because it was running already. */
  info(): ProgramInfo {
    return programInfo(this.fd, `program ${this.name}`);
  }

  /**
   * Runs a program once by `BPF_PROG_TEST_RUN`: `syscall` programs read and write `ctx`, network ones take `data`.
   *
   * @returns what the program returned, the packet as it left it, and the mean run time in nanoseconds.
   */
  run(input: { ctx?: Uint8Array; data?: Uint8Array; repeat?: number } = {}): {
    returnValue: number;
    data: Uint8Array;
    durationNs: number;
  } {
    const dataOut = new Uint8Array(input.data?.length ?? 0);
    const result = programTestRun(this.fd, `program ${this.name}`, {
      ctx: input.ctx,
      dataIn: input.data,
      dataOut: input.data === undefined ? undefined : dataOut,
      repeat: input.repeat,
    });
    return { ...result, data: dataOut };
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

/** Loads again with a log, into larger and larger buffers, and says what the verifier said. */
function rejection(spec: ProgramSpec, types: Btf | undefined, load: ProgramLoad, firstErrno: number): Error {
  const { name } = spec;
  let code = firstErrno;
  let log = '';
  for (let size = FIRST_LOG; size <= LAST_LOG; size *= 4) {
    const buffer = new Uint8Array(size);
    const fd = tryProgramLoad({ ...load, log: buffer });
    if (fd >= 0) {
      closeFd(fd);
      return new ArgumentError({
        message: `program ${name} was refused (${errnoName(firstErrno)}), and taken when tried again`,
        remedy: 'The kernel was short of something for a moment; load it once more.',
      });
    }
    log = cString(buffer, 0, size).trimEnd();
    if (-fd !== errno.ENOSPC) {
      code = -fd;
      break;
    }
  }
  const what = `program ${name}`;
  if (log === '')
    return failure({ command: 'BPF_PROG_LOAD', what, errno: code, needs: TRACING_CAPABILITIES });
  const relocation = failedRelocation(spec, types, log);
  if (relocation !== undefined) return relocation;
  return new VerifierError({
    program: name,
    errno: errnoName(code),
    log,
    summary: summarizeVerifierLog(log),
    remedy: 'Read the whole log (error.log): it ends at the instruction that cannot be proven safe.',
  });
}

/** Where the verifier reached a relocation that had failed: the error that names its type and field. */
function failedRelocation(spec: ProgramSpec, types: Btf | undefined, log: string): Error | undefined {
  const call = new RegExp(`(\\d+): \\(85\\) call unknown#${POISON_HELPER}`).exec(log);
  if (call === null || types === undefined) return undefined;
  return describePoison({ btf: types }, spec, Number(call[1]), { vmlinux: vmlinuxBtf() });
}

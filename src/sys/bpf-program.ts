import { Attr } from './attr.ts';
import { bpf, tryBpf } from './call.ts';
import { failure } from './failure.ts';

/** Fields of `BPF_PROG_LOAD`. */
export interface ProgramLoad {
  readonly type: number;
  readonly name: string;
  readonly instructions: Uint8Array;
  readonly license: string;
  readonly flags?: number | undefined;
  readonly expectedAttachType?: number | undefined;
  readonly attachBtfId?: number | undefined;
  /** fd of the BTF object that attachBtfId is in (a module's); vmlinux without it. */
  readonly attachBtfObjectFd?: number | undefined;
  readonly btf?:
    | {
        readonly fd: number;
        readonly funcInfo: Uint8Array;
        readonly funcInfoSize: number;
        readonly lineInfo: Uint8Array;
        readonly lineInfoSize: number;
      }
    | undefined;
  readonly kernelVersion?: number | undefined;
  /** fds that instructions refer to by their place in it: BTF of modules. */
  readonly fdArray?: readonly number[] | undefined;
  /** The verifier writes here. */
  readonly log?: Uint8Array | undefined;
  /** What it writes (LogLevel); default LEVEL1. */
  readonly logLevel?: number | undefined;
}

/** `BPF_PROG_LOAD`. @returns the program's fd, or `-errno`. */
export function tryProgramLoad(p: ProgramLoad): number {
  const attr = new Attr(p.fdArray === undefined ? 120 : 128)
    .u32(0, p.type)
    .u32(4, p.instructions.length / 8)
    .pointer(8, p.instructions)
    .string(16, p.license)
    .u32(40, p.kernelVersion ?? 0)
    .u32(44, p.flags ?? 0)
    .name(48, p.name)
    .u32(68, p.expectedAttachType ?? 0)
    .u32(108, p.attachBtfId ?? 0)
    .u32(112, p.attachBtfObjectFd ?? 0);
  if (p.log !== undefined)
    attr
      .u32(24, p.logLevel ?? 1)
      .u32(28, p.log.length)
      .pointer(32, p.log);
  if (p.fdArray !== undefined) attr.pointer(120, new Uint8Array(Int32Array.from(p.fdArray).buffer));
  if (p.btf !== undefined) {
    attr.u32(72, p.btf.fd);
    if (p.btf.funcInfo.length > 0) {
      attr.u32(76, p.btf.funcInfoSize).pointer(80, p.btf.funcInfo);
      attr.u32(88, p.btf.funcInfo.length / p.btf.funcInfoSize);
    }
    if (p.btf.lineInfo.length > 0) {
      attr.u32(92, p.btf.lineInfoSize).pointer(96, p.btf.lineInfo);
      attr.u32(104, p.btf.lineInfo.length / p.btf.lineInfoSize);
    }
  }
  return tryBpf('PROG_LOAD', attr);
}

/** `BPF_PROG_BIND_MAP`: the program counts as a user of the map. @returns 0, or `-errno` (`-EINVAL` before 5.10). */
export function tryProgramBindMap(program: number, map: number): number {
  return tryBpf('PROG_BIND_MAP', new Attr(12).u32(0, program).u32(4, map));
}

/** Input and output of `BPF_PROG_TEST_RUN`; buffers are written in place. */
export interface TestRun {
  readonly ctx?: Uint8Array | undefined;
  /** Where the kernel puts the context; `syscall` programs write to `ctx` itself. */
  readonly ctxOut?: Uint8Array | undefined;
  readonly dataIn?: Uint8Array | undefined;
  readonly dataOut?: Uint8Array | undefined;
  readonly repeat?: number | undefined;
  /** `BPF_F_TEST_*`. */
  readonly flags?: number | undefined;
  readonly cpu?: number | undefined;
}

/** What `BPF_PROG_TEST_RUN` answers. */
export interface TestRunResult {
  readonly returnValue: number;
  /** Of one run, on average. */
  readonly durationNs: number;
  /** Bytes of the packet as the program left it. */
  readonly dataSize: number;
}

/** `BPF_PROG_TEST_RUN`. @throws BpfSyscallError: `ENOTSUPP` for a type of program that cannot be run this way. */
export function programTestRun(fd: number, what: string, run: TestRun): TestRunResult {
  return repeatTestRun(fd, what, run)();
}

/** {@link programTestRun} to be called again and again: what goes to the kernel is laid out once. */
export function repeatTestRun(fd: number, what: string, run: TestRun): () => TestRunResult {
  const attr = new Attr(80)
    .u32(0, fd)
    .u32(8, run.dataIn?.length ?? 0)
    .u32(12, run.dataOut?.length ?? 0)
    .pointer(16, run.dataIn)
    .pointer(24, run.dataOut)
    .u32(32, run.repeat ?? 0)
    .u32(40, run.ctx?.length ?? 0)
    .u32(44, run.ctxOut?.length ?? 0)
    .pointer(48, run.ctx)
    .pointer(56, run.ctxOut)
    .u32(64, run.flags ?? 0)
    .u32(68, run.cpu ?? 0);
  const { dataOut, ctxOut } = run;
  return () => {
    // The kernel has put the lengths of what it gave back there.
    if (dataOut !== undefined) attr.u32(12, dataOut.length);
    if (ctxOut !== undefined) attr.u32(44, ctxOut.length);
    bpf('PROG_TEST_RUN', attr, what);
    return { returnValue: attr.readU32(4), durationNs: attr.readU32(36), dataSize: attr.readU32(12) };
  };
}

/** `BPF_ENABLE_STATS` with `BPF_STATS_RUN_TIME`. @returns an fd: run time is counted for as long as one is open. */
export function enableRunTimeStats(): number {
  return bpf('ENABLE_STATS', new Attr(4), 'run-time statistics', { needs: ['CAP_SYS_ADMIN'] });
}

/** What the kernel tells about a program (`struct bpf_prog_info`). */
export interface ProgramInfo {
  readonly type: number;
  readonly id: number;
  readonly name: string;
  /** Size of the instructions as the kernel rewrote them, in bytes. */
  readonly translatedSize: number;
  /** Ids of the maps it uses. */
  readonly mapIds: readonly number[];
  readonly btfId: number;
  readonly runTimeNs: bigint;
  readonly runCount: bigint;
  /** Runs that the kernel left out because the program was already running on that CPU. */
  readonly recursionMisses: bigint;
  readonly verifiedInstructions: number;
}

const PROGRAM_INFO_SIZE = 232;

/** `BPF_OBJ_GET_INFO_BY_FD` of a program. */
export function programInfo(fd: number, what: string): ProgramInfo {
  const read = (mapIds: Attr | undefined): Attr => {
    const info = new Attr(PROGRAM_INFO_SIZE);
    if (mapIds !== undefined) info.u32(52, mapIds.bytes.length / 4).pointer(56, mapIds.bytes);
    bpf('OBJ_GET_INFO_BY_FD', new Attr(16).u32(0, fd).u32(4, PROGRAM_INFO_SIZE).pointer(8, info.bytes), what);
    return info;
  };
  const mapIds = new Attr(read(undefined).readU32(52) * 4);
  const info = read(mapIds);
  return {
    type: info.readU32(0),
    id: info.readU32(4),
    name: info.readName(64),
    translatedSize: info.readU32(20),
    mapIds: Array.from({ length: mapIds.bytes.length / 4 }, (_, i) => mapIds.readU32(i * 4)),
    btfId: info.readU32(128),
    runTimeNs: info.readU64(192),
    runCount: info.readU64(200),
    recursionMisses: info.readU64(208),
    verifiedInstructions: info.readU32(216),
  };
}

/**
 * The instructions of a program as the kernel rewrote them, with ids in the place of fds of maps. Empty where it does
 * not show them (`bpf_dump_raw_ok`: hidden kernel addresses).
 */
export function programInstructions(fd: number, what: string): Uint8Array {
  const bytes = new Uint8Array(programInfo(fd, what).translatedSize);
  const info = new Attr(PROGRAM_INFO_SIZE).u32(20, bytes.length).pointer(32, bytes);
  bpf('OBJ_GET_INFO_BY_FD', new Attr(16).u32(0, fd).u32(4, PROGRAM_INFO_SIZE).pointer(8, info.bytes), what);
  return info.readU64(32) === 0n ? new Uint8Array() : bytes.subarray(0, info.readU32(20));
}

/** `BPF_BTF_LOAD`. @returns the BTF object's fd. */
export function btfLoad(btf: Uint8Array, what: string): number {
  const attr = new Attr(32).pointer(0, btf).u32(16, btf.length);
  const fd = tryBpf('BTF_LOAD', attr);
  if (fd >= 0) return fd;
  // Asked again with a log: it names the type that the kernel does not take.
  const log = new Uint8Array(64 * 1024);
  const again = tryBpf('BTF_LOAD', attr.pointer(8, log).u32(20, log.length).u32(24, 1));
  if (again >= 0) return again;
  const text = Buffer.from(log.subarray(0, Math.max(0, log.indexOf(0)))).toString('utf8');
  const last = text.trim().split('\n').at(-1);
  throw failure({
    command: 'BPF_BTF_LOAD',
    what: last ? `${what} (${last})` : what,
    errno: -again,
  });
}

import { ProgramBuilder, R0, R1, R2, R3, R4, R6, R7, R8, R9, R10, type Register } from '../../asm/index.ts';
import type { Btf } from '../../btf/index.ts';
import { NotSupportedError } from '../../errors/index.ts';
import type { ObjectSpec, ProgramSpec } from '../../spec/index.ts';
import { countAt, loadElement, perCpuArray } from '../emit.ts';
import { ARGS_SIZE, FIELDS, FILENAME_SIZE, HEADER_SIZE, recordType } from './record.ts';

/** What the kernel programs let through; all that are given must hold. */
export interface ExecFilter {
  /** Process. */
  readonly pid?: number | undefined;
  /** Parent process. */
  readonly ppid?: number | undefined;
  readonly uid?: number | undefined;
  /** A cgroup (v2) and all below it: its id (the inode number of its directory) and its depth under the root. */
  readonly cgroup?: { readonly id: bigint; readonly level: number } | undefined;
}

export interface ExecProgramOptions {
  readonly filter: ExecFilter;
  /** Trace failed execs too, at a cost to every system call of the machine. */
  readonly failed: boolean;
  /** Arguments read of a failed exec. */
  readonly maxArgs: number;
  /** Size of the ring in bytes. */
  readonly ringSize: number;
}

/** Longest single argument of a failed exec that is kept, NUL included. */
const ARG_SIZE = 1024;

/**
 * The exec tracer as a blueprint, for the kernel whose BTF is given.
 *
 * Successful execs are seen by `tp_btf/sched_process_exec`, which costs other system calls nothing. A record is
 * put together in a per-CPU scratch value, since its size varies, and sent with `bpf_ringbuf_output`. Tracepoint
 * programs do not run twice at once on a CPU (the kernel counts what it leaves out for that as `recursion_misses`).
 *
 * @param btf of the kernel that will load it: offsets of its structs are written into the instructions.
 * @throws NotFoundError when a struct or member is not in `btf`.
 */
export function execObject(btf: Btf, options: ExecProgramOptions): ObjectSpec {
  const programs: ProgramSpec[] = [
    { name: 'exec', section: 'tp_btf/sched_process_exec', instructions: onExec(btf, options.filter).build() },
  ];
  if (options.failed) {
    const instructions = onFailedExec(btf, options).build();
    programs.push({ name: 'exec_failed', section: 'tp_btf/sys_exit', instructions });
  }
  return {
    name: 'execsnoop',
    license: 'Dual BSD/GPL',
    maps: [
      {
        name: 'events',
        type: 'RINGBUF',
        maxEntries: options.ringSize,
        event: recordType(),
        dropCounter: 'dropped',
      },
      perCpuArray('dropped', 8),
      perCpuArray('scratch', HEADER_SIZE + FILENAME_SIZE + ARGS_SIZE),
    ],
    programs,
  };
}

/** Frame: r6 context, r7 scratch value, r8 current task, r9 bytes written behind the header. */
const KEY = -4;

function onExec(btf: Btf, filter: ExecFilter): ProgramBuilder {
  const b = new ProgramBuilder();
  // args: struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm
  b.mov(R6, R1).load('u64', R8, R6, 0);
  applyFilter(b, btf, filter);
  loadElement(b, 'scratch', 0, KEY);
  b.mov(R7, R0);
  writeHeader(b, btf);
  b.store('u32', R7, FIELDS.ret, 0);

  b.load('u64', R3, R6, 16).load('u64', R3, R3, btf.offsetOf('linux_binprm', 'filename'));
  b.mov(R1, R7).add(R1, HEADER_SIZE).mov(R2, FILENAME_SIZE).call('probe_read_kernel_str');
  keepLength(b, FIELDS.filenameSize);

  // The new program's stack was just written by execve, so its arguments are in memory: arg_start to arg_end.
  b.load('u64', R1, R8, btf.offsetOf('task_struct', 'mm'));
  b.load('u64', R3, R1, btf.offsetOf('mm_struct', 'arg_start'));
  b.load('u64', R2, R1, btf.offsetOf('mm_struct', 'arg_end'));
  b.sub(R2, R3).jumpIf(R2, '<=', ARGS_SIZE, 'fits').mov(R2, ARGS_SIZE).label('fits');
  b.store('u64', R10, -16, R2);
  b.mov(R1, R7).add(R1, HEADER_SIZE).add(R1, R9).call('probe_read_user');
  b.load('u64', R2, R10, -16);
  b.jumpIf(R0, '==', 0, 'read').mov(R2, 0).label('read');
  b.store('u32', R7, FIELDS.argsSize, R2).add(R9, R2);
  send(b);
  return b;
}

/**
 * At `sys_exit` and not before: a path given to execve is often not in memory yet at entry, where BPF cannot fault
 * it in; on the way out the kernel has. Calls by 32-bit programs have other numbers and are not seen.
 */
function onFailedExec(btf: Btf, { filter, maxArgs }: ExecProgramOptions): ProgramBuilder {
  const call = syscallRegisters();
  const regs = (name: string): number => btf.offsetOf('pt_regs', name);
  const b = new ProgramBuilder();
  // args: struct pt_regs *regs, long ret. The number first: all other system calls leave here.
  b.load('u64', R7, R1, 0).load('u64', R2, R7, regs(call.number));
  b.jumpIf(R2, '==', call.execve, 'execve').jumpIf(R2, '!=', call.execveat, 'out');
  b.load('u64', R3, R7, regs(call.arguments[1])).load('u64', R4, R7, regs(call.arguments[2]));
  b.jump('which').label('execve');
  b.load('u64', R3, R7, regs(call.arguments[0])).load('u64', R4, R7, regs(call.arguments[1]));
  b.label('which').store('u64', R10, -16, R3).store('u64', R10, -24, R4);
  b.mov(R6, R1).load('u64', R1, R6, 8).jumpIf(R1, 's>=', 0, 'out');
  b.call('get_current_task_btf').mov(R8, R0);
  applyFilter(b, btf, filter);
  loadElement(b, 'scratch', 0, KEY);
  b.mov(R7, R0);
  writeHeader(b, btf);
  b.load('u64', R1, R6, 8).store('u32', R7, FIELDS.ret, R1);

  b.load('u64', R3, R10, -16).mov(R1, R7).add(R1, HEADER_SIZE).mov(R2, FILENAME_SIZE);
  b.call('probe_read_user_str');
  keepLength(b, FIELDS.filenameSize);

  // r6: the next pointer of argv
  b.load('u64', R6, R10, -24);
  for (let i = 0; i < maxArgs; i++) {
    b.mov(R1, R10).add(R1, -32).mov(R2, 8).mov(R3, R6).call('probe_read_user').jumpIf(R0, '!=', 0, 'done');
    b.load('u64', R3, R10, -32).jumpIf(R3, '==', 0, 'done');
    b.jumpIf(R9, '>', FILENAME_SIZE + ARGS_SIZE - ARG_SIZE, 'done');
    b.mov(R1, R7).add(R1, HEADER_SIZE).add(R1, R9).mov(R2, ARG_SIZE).call('probe_read_user_str');
    b.jumpIf(R0, 's<=', 0, 'done').add(R9, R0).add(R6, 8);
  }
  b.label('done').load('u32', R1, R7, FIELDS.filenameSize).mov(R2, R9).sub(R2, R1);
  b.store('u32', R7, FIELDS.argsSize, R2);
  b.jumpIf(R9, '<=', FILENAME_SIZE + ARGS_SIZE, 'bounded')
    .jump('out')
    .label('bounded');
  send(b);
  return b;
}

/** Leaves the program unless every condition holds. The task is in r8. */
function applyFilter(b: ProgramBuilder, btf: Btf, { pid, ppid, uid, cgroup }: ExecFilter): void {
  if (pid !== undefined) b.call('get_current_pid_tgid').rsh(R0, 32).jumpIf32(R0, '!=', pid, 'out');
  if (uid !== undefined) b.call('get_current_uid_gid').jumpIf32(R0, '!=', uid | 0, 'out');
  if (ppid !== undefined) {
    loadParent(b, btf, R1);
    b.jumpIf32(R1, '!=', ppid, 'out');
  }
  if (cgroup !== undefined) {
    b.mov(R1, cgroup.level).call('get_current_ancestor_cgroup_id');
    b.loadImm64(R1, cgroup.id).jumpIf(R0, '!=', R1, 'out');
  }
}

/** `dst = task->real_parent->tgid` */
function loadParent(b: ProgramBuilder, btf: Btf, dst: Register): void {
  b.load('u64', dst, R8, btf.offsetOf('task_struct', 'real_parent'));
  b.load('u32', dst, dst, btf.offsetOf('task_struct', 'tgid'));
}

/** All fields of the header that do not depend on the outcome. */
function writeHeader(b: ProgramBuilder, btf: Btf): void {
  b.call('ktime_get_ns').store('u64', R7, FIELDS.time, R0);
  b.call('get_current_cgroup_id').store('u64', R7, FIELDS.cgroup, R0);
  b.call('get_current_pid_tgid').rsh(R0, 32).store('u32', R7, FIELDS.pid, R0);
  loadParent(b, btf, R1);
  b.store('u32', R7, FIELDS.ppid, R1);
  b.call('get_current_uid_gid').store('u32', R7, FIELDS.uid, R0);
  b.mov(R1, R7).add(R1, FIELDS.comm).mov(R2, 16).call('get_current_comm');
}

/** r9 = the length that a `…_str` helper returned, 0 where it failed; noted in the header. */
function keepLength(b: ProgramBuilder, field: number): void {
  b.mov(R9, R0).jumpIf(R9, 's>=', 0, 'whole').mov(R9, 0).label('whole');
  b.jumpIf(R9, '<=', FILENAME_SIZE, 'known').mov(R9, FILENAME_SIZE).label('known');
  b.store('u32', R7, field, R9);
}

/** Sends header and r9 bytes behind it; counts the record where the ring has no room. */
function send(b: ProgramBuilder): void {
  b.loadMap(R1, 'events').mov(R2, R7).mov(R3, R9).add(R3, HEADER_SIZE).mov(R4, 0).call('ringbuf_output');
  b.jumpIf(R0, '==', 0, 'out');
  countAt(b, 'dropped', 0, KEY);
  b.label('out').mov(R0, 0).exit();
}

interface SyscallRegisters {
  readonly number: string;
  readonly arguments: readonly [string, string, string];
  readonly execve: number;
  readonly execveat: number;
}

/** Where a system call's number and arguments are found on its way out, in `struct pt_regs`. */
function syscallRegisters(): SyscallRegisters {
  switch (process.arch) {
    case 'x64':
      return { number: 'orig_ax', arguments: ['di', 'si', 'dx'], execve: 59, execveat: 322 };
    default:
      throw new NotSupportedError({
        feature: 'tracing of failed execs',
        message: `failed execs can be traced on x86-64 only, this is ${process.arch}`,
        remedy: 'Leave out -x.',
      });
  }
}

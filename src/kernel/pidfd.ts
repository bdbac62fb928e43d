import { failure, native } from '../sys/index.ts';

/**
 * Opens an fd that stands for a process [pidfd_open(2), Linux 5.3]: a key of `TASK_STORAGE` maps. The caller closes it.
 *
 * @throws BpfSyscallError `ESRCH` where there is no such process.
 */
export function openPidfd(pid: number): number {
  const fd = native().pidfdOpen(pid);
  if (fd < 0) throw failure({ command: 'pidfd_open', what: `process ${pid}`, errno: -fd });
  return fd;
}

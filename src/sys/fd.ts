import { failure } from './failure.ts';
import { native } from './native.ts';

/**
 * Closes an fd that the kernel gave to this library.
 *
 * Not by `fs.closeSync`: in a worker thread Node keeps account of the fds that it opened itself, and warns of every
 * other one that is closed.
 *
 * @throws BpfSyscallError for an fd that is not open.
 */
export function closeFd(fd: number): void {
  const result = native().close(fd);
  if (result < 0) throw failure({ command: 'close', what: `fd ${fd}`, errno: -result });
}

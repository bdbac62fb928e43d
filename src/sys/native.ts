/**
 * The one place that calls foreign code. Everything the library asks of libc goes through {@link native}; a
 * second back end (Node's own FFI, one day) implements the same interface.
 *
 * Results follow the kernel's convention: zero or more is success, less is `-errno`.
 */
import { createRequire } from 'node:module';
import { NotSupportedError } from '../errors/index.ts';
import type { PollHandle } from './poll-handle.ts';

/** libc, as far as this library needs it. Addresses are bigints. */
export interface Native {
  bpf(command: number, attr: Uint8Array): number;
  perfEventOpen(attr: Uint8Array, pid: number, cpu: number, group: number, flags: number): number;
  close(fd: number): number;
  ioctl(fd: number, request: number, argument: number): number;
  /** Close-on-exec. */
  socket(family: number, type: number, protocol: number): number;
  setSocketOption(fd: number, level: number, option: number, value: Uint8Array): number;
  /** Index of a network interface in the network namespace of this process. */
  interfaceIndex(name: string): number;
  mmap(at: bigint, length: number, protection: number, flags: number, fd: number, offset: number): bigint;
  munmap(address: bigint, length: number): number;
  epollCreate(): number;
  epollControl(epoll: number, operation: number, fd: number, event: Uint8Array): number;
  /** Fills `events` with what is there now, without waiting. @returns how many. */
  epollTake(epoll: number, events: Uint8Array): number;
  /** Waits in one of libuv's threads; `done` gets the number of events or `-errno`. Keep `events` alive until then. */
  epollWaitAsync(epoll: number, events: Uint8Array, timeoutMs: number, done: (result: number) => void): void;
  /** Waits, blocking the thread, for the first `count` of these `struct pollfd`. @returns how many are ready. */
  pollFds(fds: Uint8Array, count: number, timeoutMs: number): number;
  eventfd(): number;
  /** An fd that stands for a process. */
  pidfdOpen(pid: number): number;
  pageSize(): number;
  /** Address of a buffer's bytes. The caller keeps the buffer alive for as long as the kernel may use it. */
  addressOf(bytes: Uint8Array): bigint;
  /** An ArrayBuffer over foreign memory, without copy and without finalizer: its users are in mapping.ts. */
  view(address: bigint, length: number): ArrayBuffer;
  /** libuv's level-triggered poll on `fd`; {@link PollHandle} lists what must never be done with it. */
  poll(fd: number, callback: () => void): PollHandle;
}

/** System call numbers that libc has no function for; the last column is asm-generic's. */
const SYSCALLS: Record<string, { bpf: number; perfEventOpen: number }> = {
  x64: { bpf: 321, perfEventOpen: 298 },
  arm64: { bpf: 280, perfEventOpen: 241 },
  riscv64: { bpf: 280, perfEventOpen: 241 },
  loong64: { bpf: 280, perfEventOpen: 241 },
};

/** `pidfd_open`, the same on all of them. */
const PIDFD_OPEN = 434;

const EFD_CLOEXEC = 0o2000000;
const SOCK_CLOEXEC = 0o2000000;
const EPOLL_CLOEXEC = 0o2000000;

let loaded: Native | undefined;

/**
 * The back end, loaded at the first call (it costs some 12 ms and works on Linux alone).
 *
 * @throws NotSupportedError on another system or processor.
 */
export function native(): Native {
  loaded ??= loadKoffi();
  return loaded;
}

function loadKoffi(): Native {
  const numbers = SYSCALLS[process.arch];
  if (process.platform !== 'linux' || numbers === undefined) {
    throw new NotSupportedError({
      feature: 'bpf(2)',
      message: `BPF needs Linux on ${Object.keys(SYSCALLS).join(', ')}; this is ${process.platform} on ${process.arch}`,
      remedy: 'Run it on a Linux machine. Parsing and assembling (ringtail/asm, ringtail/btf) work here.',
    });
  }
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi').default;
  const libc = koffi.load(null);
  // errno is read on the very next line: any other call in between may change it.
  const checked = (result: number): number => (result < 0 ? -koffi.errno() : result);

  const bpf = libc.func('syscall', 'long', ['long', 'int', 'void *', 'uint']);
  const perfEventOpen = libc.func('syscall', 'long', ['long', 'void *', 'int', 'int', 'int', 'ulong']);
  const pidfdOpen = libc.func('syscall', 'long', ['long', 'int', 'uint']);
  const close = libc.func('close', 'int', ['int']);
  const ioctl = libc.func('ioctl', 'int', ['int', 'ulong', 'ulong']);
  const socket = libc.func('socket', 'int', ['int', 'int', 'int']);
  const setsockopt = libc.func('setsockopt', 'int', ['int', 'int', 'int', 'void *', 'uint']);
  const interfaceIndex = libc.func('if_nametoindex', 'uint', ['str']);
  const mmap = libc.func('mmap', 'intptr_t', ['uintptr_t', 'size_t', 'int', 'int', 'int', 'int64_t']);
  const munmap = libc.func('munmap', 'int', ['uintptr_t', 'size_t']);
  const epollCreate = libc.func('epoll_create1', 'int', ['int']);
  const epollControl = libc.func('epoll_ctl', 'int', ['int', 'int', 'int', 'void *']);
  const epollWait = libc.func('epoll_wait', 'int', ['int', 'void *', 'int', 'int']);
  const poll = libc.func('poll', 'int', ['void *', 'ulong', 'int']);
  const eventfd = libc.func('eventfd', 'int', ['uint', 'int']);
  const pageSize = libc.func('getpagesize', 'int', []);

  return {
    bpf: (command, attr) => checked(bpf(numbers.bpf, command, attr, attr.length)),
    perfEventOpen: (attr, pid, cpu, group, flags) =>
      checked(perfEventOpen(numbers.perfEventOpen, attr, pid, cpu, group, flags)),
    close: (fd) => checked(close(fd)),
    ioctl: (fd, request, argument) => checked(ioctl(fd, request, argument)),
    socket: (family, type, protocol) => checked(socket(family, type | SOCK_CLOEXEC, protocol)),
    setSocketOption: (fd, level, option, value) =>
      checked(setsockopt(fd, level, option, value, value.length)),
    interfaceIndex: (name) => {
      const index: number = interfaceIndex(name);
      return index === 0 ? -koffi.errno() : index;
    },
    mmap: (at, length, protection, flags, fd, offset) => {
      const address = BigInt(mmap(at, length, protection, flags, fd, offset));
      return address === -1n ? -BigInt(koffi.errno()) : address;
    },
    munmap: (address, length) => checked(munmap(address, length)),
    epollCreate: () => checked(epollCreate(EPOLL_CLOEXEC)),
    epollControl: (epoll, operation, fd, event) => checked(epollControl(epoll, operation, fd, event)),
    epollTake: (epoll, events) => checked(epollWait(epoll, events, events.length / EPOLL_EVENT_SIZE, 0)),
    epollWaitAsync: (epoll, events, timeoutMs, done) => {
      const capacity = events.length / EPOLL_EVENT_SIZE;
      // errno of another thread is out of reach; the only failure that can happen here is EINTR.
      epollWait.async(epoll, events, capacity, timeoutMs, (_error: unknown, result: number) => done(result));
    },
    pollFds: (fds, count, timeoutMs) => checked(poll(fds, count, timeoutMs)),
    eventfd: () => checked(eventfd(0, EFD_CLOEXEC)),
    pidfdOpen: (pid) => checked(pidfdOpen(PIDFD_OPEN, pid, 0)),
    pageSize: () => pageSize(),
    addressOf: (bytes) => koffi.address(bytes),
    view: (address, length) => koffi.view(address, length),
    poll: (fd, callback) => koffi.node.poll(fd, { readable: true }, callback),
  };
}

/** Size of `struct epoll_event`, which is packed on x86-64 alone. */
export const EPOLL_EVENT_SIZE: number = process.arch === 'x64' ? 12 : 16;

import { readSync, writeSync } from 'node:fs';
import { failure } from './failure.ts';
import { native } from './native.ts';

/**
 * Makes an eventfd, by which one thread wakes another: readable from the first signal until it is cleared. Plain
 * numbers, since threads pass them on; whoever made it closes it.
 *
 * @throws BpfSyscallError.
 */
export function eventFdOpen(what: string): number {
  const fd = native().eventfd();
  if (fd < 0) throw failure({ command: 'eventfd', what, errno: -fd });
  return fd;
}

/** Wakes whoever waits for it, now or later. */
export function eventFdSignal(fd: number): void {
  writeSync(fd, ONE);
}

/** Takes back all signals. Waits for one where there is none. */
export function eventFdClear(fd: number): void {
  readSync(fd, new Uint8Array(8));
}

const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

/**
 * libuv's poll handle as koffi hands it out. Its traps, each of which ends the process or loses events
 * without a word (facts that waiter.ts is built around):
 *
 * - collected as garbage, it closes silently: keep it in a field;
 * - an exception thrown in its callback vanishes: the callback only schedules work;
 * - `start` or `stop` after `close` is a segmentation fault;
 * - a bad fd, a regular file, or a second handle on one fd number aborts: it only ever sees an epoll fd of our own;
 * - armed and unref'd at natural exit it aborts under load: close it in `process.on('exit')`.
 */
export interface PollHandle {
  start(options: { readable: boolean }, callback: () => void): void;
  stop(): void;
  close(): void;
  ref(): void;
  unref(): void;
}

/** Entry of the worker thread that {@link RingThread} starts: pumps one ring until it is told to stop. */
import { workerData } from 'node:worker_threads';
import { BlockingPoll, eventFdClear, eventFdSignal } from '../sys/index.ts';
import { LOOK_EVERY, openBacklog, STATE, ThreadState, WANTS_ROOM } from './backlog.ts';
import { type KernelPages, sharedKernelMemory } from './pages.ts';
import { Pump } from './pump.ts';

/** What the thread works on. Memory and fds are its maker's, who keeps them until the thread has ended. */
export interface RingTask {
  readonly name: string;
  readonly fd: number;
  readonly size: number;
  readonly regions: KernelPages['regions'];
  readonly backlog: { readonly buffer: SharedArrayBuffer; readonly size: number };
  /** Eventfds: the reader's, and this thread's own. */
  readonly wakesReader: number;
  readonly wakesWorker: number;
}

/** `terminate()` of the thread that made this one waits for a wait to end: none is longer than this. */
const LONGEST_WAIT_MS = 1000;

/**
 * Pauses between looks at a head record that is still being written: poll(2) calls its ring readable, so waiting for
 * the ring would spin.
 */
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 16;

function run({ name, fd, size, regions, backlog: shared, wakesReader, wakesWorker }: RingTask): void {
  const backlog = openBacklog(shared.buffer, shared.size);
  const { control } = backlog;
  const { starting, running, ended } = ThreadState;
  if (Atomics.compareExchange(control, STATE, starting, running) !== starting) return;
  try {
    const pump = new Pump(name, sharedKernelMemory(size, regions), backlog);
    const wake = (): void => eventFdSignal(wakesReader);
    const poll = new BlockingPoll([wakesWorker, fd]);
    const wait = (what: 'own wake-ups' | 'the ring too', timeoutMs: number): void => {
      const isReadable = poll.wait(what === 'the ring too' ? 2 : 1, timeoutMs);
      if (isReadable && poll.isReadable(0)) eventFdClear(wakesWorker);
    };
    let pause = FIRST_PAUSE_MS;
    while (Atomics.load(control, STATE) === running) {
      let pumped = pump.step(wake);
      if (pumped === 'full') {
        // Said before looking again: from here on the reader wakes us.
        Atomics.store(control, WANTS_ROOM, 1);
        pumped = pump.step(wake);
        if (pumped === 'full') wait('own wake-ups', LONGEST_WAIT_MS);
        Atomics.store(control, WANTS_ROOM, 0);
      }
      if (pumped === 'empty') {
        // Any new wait sees what was submitted without a wake-up.
        wait('the ring too', Math.min(Atomics.load(control, LOOK_EVERY) || LONGEST_WAIT_MS, LONGEST_WAIT_MS));
      } else if (pumped === 'busy') {
        wait('own wake-ups', pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      } else {
        pause = FIRST_PAUSE_MS;
      }
    }
  } finally {
    Atomics.store(control, STATE, ended);
    Atomics.notify(control, STATE);
  }
}

run(workerData as RingTask);

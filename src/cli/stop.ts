/** What ends a command that runs until it is told to stop. */
export interface Stop {
  /** Aborted at Ctrl-C, SIGTERM, a stdout that is closed or cannot be written, or the end of the time. */
  readonly signal: AbortSignal;
  /** Ends it. */
  readonly stop: () => void;
  /** Takes the handlers away again. */
  readonly release: () => void;
}

/** @param duration milliseconds; for ever without it. */
export function untilStopped(duration: number | undefined): Stop {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  process.stdout.on('error', end);
  const timer = duration === undefined ? undefined : setTimeout(end, duration);
  const release = (): void => {
    clearTimeout(timer);
    process.off('SIGINT', end).off('SIGTERM', end);
    process.stdout.off('error', end);
  };
  return { signal: stop.signal, stop: end, release };
}

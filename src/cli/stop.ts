/** What ends a command that runs until it is told to stop. */
export interface Stop {
  /** Aborted at Ctrl-C, SIGTERM, a closed stdout, or the end of the time. */
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
  const onOutputError = (error: NodeJS.ErrnoException): void => {
    // `ringtail … | head` closes the pipe: the reader has seen enough.
    if (error.code !== 'EPIPE') throw error;
    end();
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  process.stdout.on('error', onOutputError);
  const timer = duration === undefined ? undefined : setTimeout(end, duration);
  const release = (): void => {
    clearTimeout(timer);
    process.off('SIGINT', end).off('SIGTERM', end);
  };
  return { signal: stop.signal, stop: end, release };
}

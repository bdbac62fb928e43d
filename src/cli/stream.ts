import { once } from 'node:events';
import { jsonLine } from './json.ts';
import { StatusLine } from './status.ts';
import { type Column, headerLine, rowLine } from './table.ts';

/** How often the status line is brought up to date, in milliseconds. */
const STATUS_MS = 500;

/** What a tracer tells about itself while it runs. */
export interface StreamState {
  /** Unread part of the ring, 0 to 1. */
  readonly fill: number;
  /** Events that were lost since the start; undefined where the program does not count them, and nobody knows. */
  readonly lost: bigint | undefined;
}

/** A stream of events to be printed until its end, an interrupt, or a limit. */
export interface EventStream<T> {
  /** Batches of events; ends or rejects with an AbortError when `signal` is aborted. */
  readonly batches: (signal: AbortSignal) => AsyncIterable<readonly T[]>;
  readonly columns: readonly Column<T>[];
  /** What an event is as JSON. */
  readonly json: (event: T) => unknown;
  readonly state: () => StreamState;
  /** What the events are called: `execs`. */
  readonly noun: string;
}

/** Options that every command that prints events has. */
export interface StreamOptions {
  readonly json?: boolean;
  readonly maxEvents?: number;
  /** Milliseconds. */
  readonly duration?: number;
}

/**
 * Prints events to stdout as they come, as a table or as lines of JSON; on a terminal with a status line on stderr. Ends at
 * Ctrl-C, SIGTERM, a closed pipe, or one of the limits, with one line of summary on stderr.
 *
 * A reader of stdout that is slow slows the tracer down, not its memory up: the ring takes the difference, and
 * losses are told.
 */
export async function printStream<T>(stream: EventStream<T>, options: StreamOptions): Promise<void> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  const { stdout, stderr } = process;
  const started = performance.now();
  const status = new StatusLine(stderr);
  let events = 0;

  const onOutputError = (error: NodeJS.ErrnoException): void => {
    // `ringtail … | head` closes the pipe: the reader has seen enough.
    if (error.code !== 'EPIPE') throw error;
    end();
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  stdout.on('error', onOutputError);
  const timer = options.duration === undefined ? undefined : setTimeout(end, options.duration);

  const showStatus = (): void => {
    const { fill, lost } = stream.state();
    status.show(`${events} ${stream.noun} · ring ${Math.round(fill * 100)} % full · ${lossText(lost)}`);
  };
  const statusTimer = stderr.isTTY ? setInterval(showStatus, STATUS_MS) : undefined;

  if (!options.json) stdout.write(`${headerLine(stream.columns)}\n`);
  const line = options.json
    ? (event: T): string => `${jsonLine(stream.json(event))}\n`
    : (event: T): string => `${rowLine(stream.columns, event)}\n`;

  try {
    for await (const batch of stream.batches(stop.signal)) {
      const wanted = batch.slice(0, (options.maxEvents ?? Number.POSITIVE_INFINITY) - events);
      events += wanted.length;
      status.clear();
      if (!stdout.write(wanted.map(line).join(''))) await once(stdout, 'drain', { signal: stop.signal });
      if (events >= (options.maxEvents ?? Number.POSITIVE_INFINITY)) break;
    }
  } catch (error) {
    if (!(stop.signal.aborted && error instanceof Error && error.name === 'AbortError')) throw error;
  } finally {
    clearTimeout(timer);
    clearInterval(statusTimer);
    process.off('SIGINT', end).off('SIGTERM', end);
    status.clear();
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  stderr.write(`${events} ${stream.noun} in ${seconds} s, ${lossText(stream.state().lost)}\n`);
}

function lossText(lost: bigint | undefined): string {
  return lost === undefined ? 'losses not counted by the program' : `${lost} lost`;
}

import { once } from 'node:events';
import { type Column, headerLine, jsonLine, rowLine } from '../text/index.ts';
import { StatusLine } from './status.ts';
import { untilStopped } from './stop.ts';

/** How often the status line is brought up to date, in milliseconds. */
const STATUS_MS = 500;

/** What a tracer tells about itself while it runs. */
export interface StreamState {
  /** Unread part of the ring, 0 to 1; undefined where nobody knows. */
  readonly fill: number | undefined;
  /** Events that were lost since the start; undefined where the program does not count them, and nobody knows. */
  readonly lost: bigint | undefined;
  /** What is to be said instead of `lost`. */
  readonly losses?: string;
}

/** A stream of events to be printed until its end, an interrupt, or a limit. */
export interface EventStream<T> {
  /** Batches of events; ends or rejects with an AbortError when `signal` is aborted. */
  readonly batches: (signal: AbortSignal) => AsyncIterable<readonly T[]>;
  readonly columns: readonly Column<T>[];
  /** The lines of an event, instead of a row of the table. */
  readonly block?: ((event: T) => string) | undefined;
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
  const stop = untilStopped(options.duration);
  const { stdout, stderr } = process;
  const started = performance.now();
  const status = new StatusLine(stderr);
  let events = 0;

  const showStatus = (): void => {
    const state = stream.state();
    const fill = state.fill === undefined ? '' : `ring ${Math.round(state.fill * 100)} % full · `;
    status.show(`${events} ${stream.noun} · ${fill}${lossText(state)}`);
  };
  const statusTimer = stderr.isTTY ? setInterval(showStatus, STATUS_MS) : undefined;

  const { block, columns } = stream;
  if (!options.json && block === undefined) stdout.write(`${headerLine(columns)}\n`);
  const text = block ?? ((event: T): string => rowLine(columns, event));
  const line = (event: T): string => `${options.json ? jsonLine(stream.json(event)) : text(event)}\n`;

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
    clearInterval(statusTimer);
    stop.release();
    status.clear();
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  stderr.write(`${events} ${stream.noun} in ${seconds} s, ${lossText(stream.state())}\n`);
}

function lossText({ lost, losses }: StreamState): string {
  return losses ?? (lost === undefined ? 'losses not counted by the program' : `${lost} lost`);
}

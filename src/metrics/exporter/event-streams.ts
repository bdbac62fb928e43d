import type { ServerResponse } from 'node:http';

/** Shorter than the server's patience with a connection on which nothing happens. */
const HEARTBEAT_MS = 5000;

/** Sends an event, unless the client is behind: who does not keep up misses events, which are not kept. */
export type SendEvent = (name: string, data: unknown) => void;

/** Streams of server-sent events to pages: so many at once, and no more. */
export class EventStreams {
  readonly #most: number;
  readonly #open = new Set<ServerResponse>();

  constructor(most: number) {
    this.#most = most;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  get isFull(): boolean {
    return this.#open.size >= this.#most;
  }

  /** Begins a stream, which ends with the response. */
  open(response: ServerResponse): SendEvent {
    begin(response);
    const heartbeat = setInterval(write, HEARTBEAT_MS, response, ':\n\n');
    this.#open.add(response);
    response.once('close', () => {
      this.#open.delete(response);
      clearInterval(heartbeat);
    });
    return (name, data) => write(response, eventText(name, data));
  }

  /** Sends an event to all, as {@link SendEvent}. */
  sendAll(name: string, data: unknown): void {
    const text = eventText(name, data);
    for (const response of this.#open) write(response, text);
  }

  /** Ends them all. */
  close(): void {
    for (const response of this.#open) response.end();
  }
}

/** A stream of one event: pages cannot read the text of a refusal. */
export function sendOnlyEvent(response: ServerResponse, name: string, data: unknown): void {
  begin(response);
  response.end(eventText(name, data));
}

function begin(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
}

function write(response: ServerResponse, text: string): void {
  if (!response.writableNeedDrain) response.write(text);
}

/** JSON has no line breaks, which would end the event. */
function eventText(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

import assert from 'node:assert/strict';
import { type ClientRequest, get, type IncomingMessage } from 'node:http';

/** An event of a server. */
export interface ServerEvent {
  readonly name: string;
  readonly data: unknown;
}

/** A client of server-sent events, as far as they are used here: each has a name, and data in one line of JSON. */
export class EventStream {
  readonly status: number;
  readonly #request: ClientRequest;
  readonly #events: AsyncIterator<ServerEvent>;

  private constructor(request: ClientRequest, response: IncomingMessage) {
    this.status = response.statusCode!;
    this.#request = request;
    this.#events = eventsOf(response);
  }

  static open(url: string): Promise<EventStream> {
    return new Promise((resolve, reject) => {
      // A connection of its own.
      const request = get(url, { agent: false }, (response) => resolve(new EventStream(request, response)));
      request.once('error', reject);
    });
  }

  async event(): Promise<ServerEvent> {
    const { value, done } = await this.#events.next();
    return done ? assert.fail('the stream ended before the next event') : value;
  }

  /** The data of the next event that has this name and, where a condition is given, fulfils it. */
  async next<T>(wanted: string, condition: (data: T) => boolean = () => true): Promise<T> {
    for (;;) {
      const { name, data } = await this.event();
      if (name === wanted && condition(data as T)) return data as T;
    }
  }

  /** Goes away. */
  close(): void {
    this.#request.destroy();
  }
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<ServerEvent, void> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk as string;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
      text = text.slice(end + 2);
      if (name !== undefined) yield { name, data: JSON.parse(data!) as unknown };
    }
  }
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP, type Socket } from 'node:net';
import { BpfSyscallError, PermissionError } from '../../errors/index.ts';

/** Answers a GET request that was let in; for HEAD the body is left out. */
export type Respond = (path: string, request: IncomingMessage, response: ServerResponse) => void;

/** Where to listen. */
export interface ListenAddress {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

/** Bounds of what clients can take: a machine's monitor must not be what brings it down. */
const MOST_CONNECTIONS = 64;
const MOST_HEADER_BYTES = 8192;
/** For a request to be there as a whole. */
const REQUEST_TIMEOUT_MS = 5000;
/** For a client to take, or give, at least something. */
const IDLE_TIMEOUT_MS = 10_000;
/** For answers under way when the server is closed. */
const CLOSE_TIMEOUT_MS = 2000;

/** On every answer. Nothing of this server is meant to be part of another site. */
const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
  'Cache-Control': 'no-store',
} as const;

/**
 * An HTTP server that gives read-only answers, and bounds what each client can take.
 *
 * On a loopback address it answers only to that machine's own names: a page elsewhere whose name is made to lead here ("DNS
 * rebinding") is refused.
 */
export class BoundedServer {
  readonly #server: Server;
  readonly #host: string;

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.#host = host;
  }

  /** @throws BpfSyscallError, PermissionError where it cannot listen there. */
  static async listen({ host, port }: ListenAddress, respond: Respond): Promise<BoundedServer> {
    const server = createServer(
      {
        maxHeaderSize: MOST_HEADER_BYTES,
        headersTimeout: REQUEST_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: 1000,
      },
      (request, response) => admit(isLoopback(server.address() as AddressInfo), respond, request, response),
    );
    server.maxConnections = MOST_CONNECTIONS;
    server.setTimeout(IDLE_TIMEOUT_MS);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
      server.listen({ host, port }, resolve);
    });
    return new BoundedServer(server, host);
  }

  /** `http://127.0.0.1:10519/` */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://${isIP(this.#host) === 6 ? `[${this.#host}]` : this.#host}:${port}/`;
  }

  /** Lets nobody in any more, and waits a little for the answers that are under way. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), CLOSE_TIMEOUT_MS);
    await closed;
    clearTimeout(timer);
  }
}

/** Ends an answer with a line of text. */
export function answer(response: ServerResponse, status: number, text: string): void {
  send(response, status, 'text/plain; charset=utf-8', `${text}\n`);
}

/** Ends an answer with a whole body. */
export function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Uint8Array,
): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': length }).end(body);
}

/** Connections with an answer under way. */
const answering = new WeakSet<Socket>();

function admit(
  onLoopback: boolean,
  respond: Respond,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { method, headers, socket } = request;
  // Nobody asks ahead, but to pile up answers that nobody reads.
  if (answering.has(socket)) {
    socket.destroy();
    return;
  }
  answering.add(socket);
  response.once('close', () => answering.delete(socket));
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const refuse = (status: number, text: string): void => {
    // What else it may be sending is not waited for.
    response.setHeader('Connection', 'close');
    answer(response, status, text);
  };
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    refuse(405, 'only GET and HEAD');
  } else if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0) {
    refuse(413, 'no request bodies');
  } else if (onLoopback && !isLoopbackName(headers.host)) {
    refuse(403, 'on a loopback address only its own names are served');
  } else if (headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate') {
    refuse(403, 'not for pages of other sites');
  } else {
    respond(request.url!.split('?', 1)[0]!, request, response);
  }
}

function isLoopback({ address }: AddressInfo): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** Programs that give no name at all are let in: browsers always give one. */
function isLoopbackName(host: string | undefined): boolean {
  if (host === undefined) return true;
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name === 'localhost' || name === '[::1]' || (isIP(name) === 4 && name.startsWith('127.'));
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const errno = error.code ?? 'EIO';
  const where = `${host}:${port}`;
  const details = { command: 'listen', errno, cause: error };
  if (errno === 'EACCES' || errno === 'EPERM') {
    return new PermissionError({
      ...details,
      message: `cannot listen on ${where}: ${errno}`,
      remedy: 'Ports below 1024 take CAP_NET_BIND_SERVICE; choose a higher one.',
    });
  }
  if (errno === 'EADDRINUSE') {
    return new BpfSyscallError({
      ...details,
      message: `cannot listen on ${where}: the port is in use (EADDRINUSE)`,
      remedy: 'See who has it (`ss -ltnp`), or choose another address.',
    });
  }
  return new BpfSyscallError({
    ...details,
    message: `cannot listen on ${where}: ${errno}`,
    remedy: 'Give an address of this machine, such as 127.0.0.1 or 0.0.0.0, and a port.',
  });
}

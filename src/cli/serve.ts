import { isIP } from 'node:net';
import { InvalidArgumentError, Option } from 'commander';
import { type ExporterOptions, type ListenAddress, RingExporter } from '../metrics/index.ts';
import { escapeText } from '../text/index.ts';
import { printLines } from './print.ts';
import { untilStopped } from './stop.ts';

const LOOPBACK = '127.0.0.1';

/** A free port of this machine alone. */
export const FREE_PORT: ListenAddress = { host: LOOPBACK, port: 0 };

/** `--allow-tap`, for all commands that serve the page. */
export function allowTapOption(): Option {
  return new Option(
    '--allow-tap',
    'show the last records of any ring, too: to all who reach the address, users of this machine included',
  );
}

/**
 * Serves metrics and the live page until Ctrl-C, SIGTERM or the end of the time, in milliseconds. Prints one line: the URL; on
 * stderr what of the figures is less than it could be.
 *
 * @param path what of it is of interest.
 * @throws what {@link RingExporter.start} throws.
 */
export async function serve(options: ExporterOptions, path: string, duration?: number): Promise<void> {
  const stop = untilStopped(duration);
  try {
    const exporter = await RingExporter.start(options);
    for (const shortfall of exporter.shortfalls) process.stderr.write(`${escapeText(shortfall)}\n`);
    printLines([`${exporter.url}${path}`]);
    await new Promise<void>((resolve) => {
      if (stop.signal.aborted) resolve();
      else stop.signal.addEventListener('abort', () => resolve());
    });
    await exporter.close();
  } finally {
    stop.release();
  }
}

/** Where to listen: `127.0.0.1:9000`, `[::1]:9000`, `localhost:9000`, `9000`; port 0 is any that is free. */
export function parseAddress(text: string): ListenAddress {
  const [, v6, name = LOOPBACK, digits] =
    /^(?:(?:\[([0-9a-f:.]+)\]|([^:[\]/\s]+)):)?(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535 || (v6 !== undefined && isIP(v6) !== 6)) {
    throw new InvalidArgumentError('Give host:port such as 127.0.0.1:10519, [::1]:10519, or a port.');
  }
  return { host: v6 ?? name, port };
}

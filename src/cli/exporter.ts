import { isIP } from 'node:net';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type ListenAddress, RingExporter } from '../metrics/index.ts';
import { parseDuration, parseWhole } from './options.ts';
import { printLines } from './print.ts';
import { untilStopped } from './stop.ts';

/**
 * Prometheus' public list of exporter ports has given out all of 9100 to 9999, and goes on from 10000 (10019 in the middle of
 * 2024): this one is well ahead of it, and below the ports that Linux gives to outgoing connections.
 */
const DEFAULT_ADDRESS: ListenAddress = { host: '127.0.0.1', port: 10_519 };

interface Options {
  readonly listen: ListenAddress;
  readonly interval: number;
  readonly drops?: boolean;
  readonly maxRings: number;
  readonly query?: boolean;
  readonly pin?: readonly string[];
}

const EXAMPLES = `
Examples:
  ringtail exporter                                 http://127.0.0.1:10519/ for people, /metrics for Prometheus
  ringtail exporter --listen 0.0.0.0:10519 --drops
  ringtail exporter --pin /sys/fs/bpf/events        that ring alone, with nothing but a pin that may be read

docs/operations.md has the metrics, alert rules, a dashboard and a unit for systemd.`;

/** `ringtail exporter` */
export function exporterCommand(): Command {
  return new Command('exporter')
    .description('every ring of the machine over HTTP: metrics for Prometheus, and a live page')
    .addOption(listenOption())
    .option(
      '--interval <time>',
      'time between two looks at who has the rings: 1s, 500ms',
      parseDuration,
      1000,
    )
    .option('--drops', 'count records that find no room (fexit programs: costs the producers)')
    .option(
      '--max-rings <n>',
      'most rings that get series of their own, the oldest first',
      parseWhole(1, 100_000),
      1000,
    )
    .option('--query', 'take the values from bpf_ringbuf_query, ring by ring')
    .option('--pin <path...>', 'these rings alone, by --query')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

/** `--listen`, for all commands that serve. */
export function listenOption(): Option {
  const { host, port } = DEFAULT_ADDRESS;
  return new Option('--listen <address>', 'host:port, or a port of 127.0.0.1')
    .argParser(parseAddress)
    .default(DEFAULT_ADDRESS, `${host}:${port}`);
}

async function run(options: Options): Promise<void> {
  const { listen, interval: intervalMs, drops = false, maxRings, pin } = options;
  const stop = untilStopped(undefined);
  try {
    const query = pin ?? options.query ?? false;
    const exporter = await RingExporter.start({ ...listen, intervalMs, drops, maxRings, query });
    printLines([`${exporter.url}metrics`]);
    await new Promise<void>((resolve) => {
      if (stop.signal.aborted) resolve();
      else stop.signal.addEventListener('abort', () => resolve());
    });
    await exporter.close();
  } finally {
    stop.release();
  }
}

/** `127.0.0.1:9000`, `[::1]:9000`, `localhost:9000`, `9000`. */
function parseAddress(text: string): ListenAddress {
  const [, v6, name = DEFAULT_ADDRESS.host, digits] =
    /^(?:(?:\[([0-9a-f:.]+)\]|([^:[\]/\s]+)):)?(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535 || (v6 !== undefined && isIP(v6) !== 6)) {
    throw new InvalidArgumentError('Give host:port such as 127.0.0.1:10519, [::1]:10519, or a port.');
  }
  return { host: v6 ?? name, port };
}

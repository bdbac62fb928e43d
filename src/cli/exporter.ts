import { Command, Option } from 'commander';
import type { ListenAddress } from '../metrics/index.ts';
import { parseDuration, parseWhole } from './options.ts';
import { allowTapOption, parseAddress, serve } from './serve.ts';

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
  readonly allowTap?: boolean;
}

const EXAMPLES = `
Examples:
  ringtail exporter                                 http://127.0.0.1:10519/ for people, /metrics for Prometheus
  ringtail exporter --listen 0.0.0.0:10519 --drops
  ringtail exporter --pin /sys/fs/bpf/events        that ring alone: takes CAP_BPF, and a pin that may be read

docs/operations.md has the metrics, alert rules, a dashboard and a unit for systemd.`;

/** `ringtail exporter` */
export function exporterCommand(): Command {
  const { host, port } = DEFAULT_ADDRESS;
  return new Command('exporter')
    .description('every ring of the machine over HTTP: metrics for Prometheus, and a live page')
    .addOption(
      new Option('--listen <address>', 'host:port, or a port of 127.0.0.1')
        .argParser(parseAddress)
        .default(DEFAULT_ADDRESS, `${host}:${port}`),
    )
    .addOption(
      new Option('--interval <time>', 'time between two looks at who has the rings: 1s, 500ms')
        .argParser(parseDuration)
        .default(1000, '1s'),
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
    .addOption(allowTapOption())
    .addHelpText('after', EXAMPLES)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { listen, interval: intervalMs, drops = false, maxRings, allowTap, pin } = options;
  const query = pin ?? options.query ?? false;
  await serve({ ...listen, intervalMs, drops, maxRings, query, allowTap }, 'metrics');
}

import type { Metric, Registry } from 'prom-client';
import type { RingReport } from '../report.ts';
import type { WatchOptions } from '../watch.ts';
import type { RingFeed } from './feed.ts';

/** Options of `collectRingMetrics`. */
export interface RingMetricsOptions extends Pick<WatchOptions, 'intervalMs' | 'drops' | 'query'> {
  /** Most rings that get series of their own, 1000 unless told: those with the lowest ids, which are the oldest. */
  readonly maxRings?: number | undefined;
}

/** Keeps a registry's ring metrics up to date until it is closed. */
export interface RingMetrics {
  /** Ends the watch, and takes the metrics out of the registry. */
  close(): Promise<void>;
}

/** @internal */
export const DEFAULT_MAX_RINGS = 1000;
/** Of every value: to values that have none prom-client gives an object each, and notes what it looks like as text. */
const NO_SHARED_LABELS = {};
/** Label values longer than this are cut. */
const LONGEST_LABEL = 128;

/** What is exported of each ring: undefined makes no series. All but the name and the owners hang on the map's id alone. */
const RING_METRICS: readonly {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly value: (ring: RingReport, feed: RingFeed) => number | bigint | undefined;
}[] = [
  {
    name: 'bpf_ringbuf_size_bytes',
    type: 'gauge',
    help: 'Size of the data area.',
    value: ({ size }) => size,
  },
  {
    name: 'bpf_ringbuf_unread_bytes',
    type: 'gauge',
    help: 'Bytes between consumer and producer position, headers included, at the latest look.',
    value: ({ unread }) => unread,
  },
  {
    name: 'bpf_ringbuf_unread_bytes_max',
    type: 'gauge',
    help: 'Most unread bytes of the last minute, of samples; what happened between two samples is not seen.',
    value: (ring, feed) => feed.peakOf(ring),
  },
  {
    name: 'bpf_ringbuf_produced_bytes_total',
    type: 'counter',
    help: 'Bytes reserved, headers and discarded records included, in all rings that had this map id.',
    value: ({ producedBytes }) => producedBytes,
  },
  {
    name: 'bpf_ringbuf_consumed_bytes_total',
    type: 'counter',
    help: 'Bytes given back by the consumer in all rings that had this map id.',
    value: ({ consumedBytes }) => consumedBytes,
  },
  {
    name: 'bpf_ringbuf_stalled_seconds',
    type: 'gauge',
    help: 'For how long records have been unread while the consumer has not moved.',
    value: ({ stalledMs }) => stalledMs / 1000,
  },
  {
    name: 'bpf_ringbuf_reserve_failures_total',
    type: 'counter',
    help: 'Records that found no room since the exporter began to count; absent where that cannot be observed.',
    value: ({ drops }) => drops,
  },
  {
    name: 'bpf_ringbuf_reader_records_total',
    type: 'counter',
    help: 'Records that this process has handed to its handlers and loops; only of rings that it reads, by this library.',
    value: ({ reader }) => reader?.delivered,
  },
  {
    name: 'bpf_ringbuf_reader_handler_seconds_total',
    type: 'counter',
    help: 'Time that handlers and loop bodies of this process took; only of rings that it reads.',
    value: ({ reader }) => reader && reader.handlerMs / 1000,
  },
  {
    name: 'bpf_ringbuf_reader_dropped_total',
    type: 'counter',
    help: 'Records that found no room, as the program itself counts them; only of rings that this process reads.',
    value: ({ reader }) => reader?.dropped,
  },
];

/** @returns what takes the metrics out again. @internal */
export function registerRingMetrics(
  registry: Registry,
  feed: RingFeed,
  maxRings: number = DEFAULT_MAX_RINGS,
): () => void {
  const names: string[] = [];
  const rings = (): readonly RingReport[] => feed.latest?.rings.slice(0, maxRings) ?? [];
  /** Time that all metrics took since they were last asked for. */
  let spentMs = 0;
  const add = (type: MetricType, name: string, help: string, gather: () => Sample[]): void => {
    const timed = (): Sample[] => {
      const start = performance.now();
      const values = gather();
      spentMs += performance.now() - start;
      return values;
    };
    registry.registerMetric(metricOf(type, name, help, timed));
    names.push(name);
  };

  for (const { type, name, help, value } of RING_METRICS) {
    add(type, name, help, () => {
      const samples: Sample[] = [];
      for (const ring of rings()) {
        const measured = value(ring, feed);
        if (measured !== undefined) samples.push(sampleOf({ map_id: ring.id }, Number(measured)));
      }
      return samples;
    });
  }
  add('gauge', 'bpf_ringbuf_info', 'What the ring is, and who has it; always 1.', () =>
    rings().map((ring) => sampleOf(infoLabels(ring), 1)),
  );
  const own = (type: MetricType, name: string, help: string, value: () => number | undefined): void =>
    add(type, `bpf_ringbuf_exporter_${name}`, help, () => {
      const measured = value();
      return measured === undefined ? [] : [sampleOf({}, measured)];
    });
  const count = (): number => feed.latest?.rings.length ?? 0;
  own('gauge', 'up', 'Whether the rings can be looked at.', () => (feed.latest === undefined ? 0 : 1));
  own('gauge', 'rings', 'Rings of the machine.', count);
  own('gauge', 'refused_rings', 'Rings without series, as there are more than the exporter takes.', () =>
    Math.max(0, count() - maxRings),
  );
  own('gauge', 'drops_observable', 'Whether failed reserves are counted.', () =>
    feed.latest?.drops.state === 'counted' ? 1 : 0,
  );
  own(
    'gauge',
    'drops_cost_seconds',
    'What counting them costs each record; absent where that is not measured.',
    () => {
      const drops = feed.latest?.drops;
      return drops?.state === 'counted' && drops.costNs !== undefined ? drops.costNs / 1e9 : undefined;
    },
  );
  own('counter', 'errors_total', 'Times that the rings could not be looked at.', () => feed.errors);
  own('gauge', 'scrape_duration_seconds', 'Time that this scrape took to gather these metrics.', () => {
    const seconds = spentMs / 1000;
    spentMs = 0;
    return seconds;
  });
  return () => {
    for (const name of names) registry.removeSingleMetric(name);
  };
}

type MetricType = 'gauge' | 'counter';

interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly sharedLabels: Readonly<Record<string, never>>;
  readonly value: number;
}

function sampleOf(labels: Sample['labels'], value: number): Sample {
  return { labels, sharedLabels: NO_SHARED_LABELS, value };
}

/**
 * A metric whose values are gathered when it is asked for: what a registry calls of a Gauge or Counter. One of those would keep
 * a copy of each series, and look it up by a text of its labels for each value. (It also needs no copy of prom-client that might
 * not be the user's.)
 */
function metricOf(type: MetricType, name: string, help: string, gather: () => Sample[]): Metric {
  const metric = {
    name,
    help,
    type,
    aggregator: 'sum',
    get: () => Promise.resolve({ name, help, type, aggregator: 'sum', values: gather() }),
    reset: () => {},
  };
  return metric as unknown as Metric;
}

function infoLabels({ id, name, type, processes, programs, pins }: RingReport): Sample['labels'] {
  const owners = processes?.map(({ comm }) => comm) ?? [];
  return {
    map_id: id,
    name,
    type,
    owner: list(owners.length > 0 ? owners : pins),
    programs: list(programs?.map((program) => program.name) ?? []),
  };
}

/** Each once, in order, so that the same set is always the same label. */
function list(names: readonly string[]): string {
  const text = [...new Set(names)].sort().join(',');
  return text.length > LONGEST_LABEL ? `${text.slice(0, LONGEST_LABEL - 1)}…` : text;
}

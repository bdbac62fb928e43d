import { adviseSize, type DropsState, type RingReport } from '../../metrics/index.ts';
import type { Column } from '../../text/index.ts';
import { formatBytes, formatCount, formatMs, formatPart } from './format.ts';

/** A ring stalls, in what is shown, when its consumer has not moved for this long; consumers that poll now and then do less. */
const STALL_MS = 1000;

/** A column of `ringtail top`, and what rows are ordered by: greater numbers, and lesser texts, come first. */
export interface TopColumn extends Column<RingReport> {
  readonly key: (ring: RingReport) => number | string;
}

export type TopColumnName =
  | 'id'
  | 'name'
  | 'owner'
  | 'size'
  | 'fill'
  | 'in'
  | 'out'
  | 'unread'
  | 'max'
  | 'stall'
  | 'drops';

/** The columns by name, in their order. */
export const TOP_COLUMNS: Readonly<Record<TopColumnName, TopColumn>> = {
  id: number('ID', 8, ({ id }) => id, String),
  name: text('NAME', 15, ({ name, id }) => name || `#${id}`),
  owner: text('OWNER', 16, ownerOf),
  size: number('SIZE', 5, ({ size }) => size, formatBytes),
  fill: number('FILL', 4, ({ unread, size }) => unread / size, formatPart),
  in: number('IN/s', 6, ({ inPerSecond }) => inPerSecond, formatBytes),
  out: number('OUT/s', 6, ({ outPerSecond }) => outPerSecond, formatBytes),
  unread: number('UNREAD', 6, ({ unread }) => unread, formatBytes),
  max: number('MAX', 5, ({ unreadMax }) => unreadMax, formatBytes),
  stall: number('STALL', 6, stallOf, (ms) => (ms === 0 ? '-' : formatMs(ms))),
  drops: number(
    'DROPS',
    5,
    ({ drops }) => Number(drops ?? -1),
    (drops) => (drops < 0 ? '-' : formatCount(drops)),
  ),
};

/** What stands in the place of a count of drops. */
const UNCOUNTED = { off: 'off', 'not observable': 'n/obs', counted: '-' } as const;

/** The columns as they are for a report: drops that nobody counts are no number, and say why. */
export function topColumns({ state }: DropsState): Readonly<Record<TopColumnName, TopColumn>> {
  const { drops } = TOP_COLUMNS;
  const value = (ring: RingReport): string =>
    ring.drops === undefined && ring.type === 'RINGBUF' ? UNCOUNTED[state] : drops.value(ring);
  return { ...TOP_COLUMNS, drops: { ...drops, value } };
}

/** The columns of `--advise`. */
export const ADVICE_COLUMNS: readonly TopColumn[] = [
  TOP_COLUMNS.id,
  TOP_COLUMNS.name,
  TOP_COLUMNS.owner,
  TOP_COLUMNS.size,
  number('PEAK/s', 6, ({ inPeakPerSecond }) => inPeakPerSecond, formatBytes),
  TOP_COLUMNS.max,
  number(
    'HOLDS',
    6,
    (ring) => adviseSize(ring).holdsMs ?? 0,
    (ms) => (ms === 0 ? '-' : formatMs(ms)),
  ),
  number('SUGGEST', 7, (ring) => adviseSize(ring).suggestedSize, formatBytes),
];

/** Milliseconds for which the ring has stalled, 0 where it does not. */
export function stallOf({ stalledMs }: RingReport): number {
  return stalledMs >= STALL_MS ? stalledMs : 0;
}

/** Who has the ring, in short: a process, and how many more; else a pin, else a program. */
export function ownerOf({ processes, pins, programs }: RingReport): string {
  const [first] = processes ?? [];
  if (first !== undefined) {
    const more = processes!.length > 1 ? `+${processes!.length - 1}` : '';
    return `${first.comm}/${first.pid}${more}`;
  }
  if (pins.length > 0) return pins[0]!;
  if (programs !== undefined && programs.length > 0) return `prog ${programs[0]!.name}`;
  return processes === undefined ? '?' : '-';
}

/** Orders rings by a column, the first of interest first; equals by id. */
export function byColumn(name: TopColumnName): (a: RingReport, b: RingReport) => number {
  const { key } = TOP_COLUMNS[name];
  return (a, b) => {
    const [left, right] = [key(a), key(b)];
    const order =
      typeof left === 'number' && typeof right === 'number'
        ? right - left
        : String(left).localeCompare(String(right));
    return order || a.id - b.id;
  };
}

function number(
  header: string,
  width: number,
  key: (ring: RingReport) => number,
  format: (value: number) => string,
): TopColumn {
  return { header, width, align: 'right', key, value: (ring) => format(key(ring)) };
}

function text(header: string, width: number, value: (ring: RingReport) => string): TopColumn {
  return { header, width, key: value, value };
}

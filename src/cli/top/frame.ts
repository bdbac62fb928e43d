import { adviseSize, type RingReport, type RingsReport, shortfalls } from '../../metrics/index.ts';
import { type Column, escapeText, padCell } from '../../text/index.ts';
import type { Paint } from '../colour.ts';
import { stallOf, type TopColumn, type TopColumnName, topColumns } from './columns.ts';
import { formatBytes, formatMs, formatPart } from './format.ts';
import { DETAIL_KEY_HELP, KEY_HELP, type TopState, visibleRings } from './state.ts';

/** Figures of one ring in past reports, the latest last. */
export interface History {
  readonly in: readonly number[];
  readonly unread: readonly number[];
}

/** All that a frame shows. */
export interface FrameInput {
  readonly report: RingsReport;
  readonly state: TopState;
  /** Of the ring that is shown alone. */
  readonly history: History;
  readonly width: number;
  readonly height: number;
  readonly paint: Paint;
}

/** What the kernel keeps of a map's name, and a useful length of an owner's. */
const LONGEST_NAME = 15;
const MOST_OWNER = 40;
/** A ring is nearly full from here on. */
const NEARLY_FULL = 0.8;

/** The screen as lines: at most `height`, none wider than `width` as it is shown. */
export function frameLines(input: FrameInput): string[] {
  const { report, state, width, height } = input;
  const ring = state.isDetail ? report.rings.find(({ id }) => id === state.selected) : undefined;
  const foot = footLines(input, ring === undefined ? KEY_HELP : DETAIL_KEY_HELP);
  const room = height - 1 - foot.length;
  const body = ring === undefined ? tableLines(input, room - 1) : detailLines(ring, input);
  const shown = [cut(summary(report, state), width), ...body.slice(0, room)];
  while (shown.length < height - foot.length) shown.push('');
  return [...shown, ...foot];
}

/** What is less than it could be, and the keys. */
function footLines({ report, state, width, paint }: FrameInput, keys: string): string[] {
  const notes = shortfalls(report).map((note) => cut(escapeText(note), width));
  const filter = `filter: ${escapeText(state.filter)}_  (enter: done, esc: none)`;
  return [...notes, state.isEditing ? cut(filter, width) : paint('dim', cut(keys, width))];
}

function summary({ rings, drops, time, method }: RingsReport, state: TopState): string {
  const sum = (value: (ring: RingReport) => number): number =>
    rings.reduce((all, ring) => all + value(ring), 0);
  const stalled = rings.filter((ring) => stallOf(ring) > 0).length;
  return [
    `ringtail top ${time.toTimeString().slice(0, 8)}${state.isPaused ? ' PAUSED' : ''}`,
    `${rings.length} rings${method === 'ids' ? ' (by ids)' : ''}`,
    `in ${formatBytes(sum((ring) => ring.inPerSecond))}/s`,
    `out ${formatBytes(sum((ring) => ring.outPerSecond))}/s`,
    ...(stalled > 0 ? [`${stalled} stalled`] : []),
    ...(drops.state === 'counted' ? [countingText(drops.costNs)] : []),
    ...(state.filter === '' ? [] : [`filter "${escapeText(state.filter)}"`]),
  ].join('  ');
}

/** @param costNs for each record. */
function countingText(costNs: number | undefined): string {
  return costNs === undefined ? 'drops counted' : `drops cost ${costNs} ns`;
}

/** @param room lines for rings. */
function tableLines({ report, state, width, paint }: FrameInput, room: number): string[] {
  const columns = fitted(width, report);
  const header = columns.map(([name, column]) => {
    const cell = padCell(cut(column.header, column.width), column);
    return name === state.sort ? paint('green', cell) : cell;
  });
  const rings = visibleRings(state, report.rings);
  const marked = rings.findIndex(({ id }) => id === state.selected);
  // Scrolled as far as the mark needs.
  const from = Math.max(0, marked - room + 1);
  const rows = rings.slice(from, from + room).map((ring) => {
    const cells = columns.map(([name, column]) => {
      const cell = padCell(cut(escapeText(column.value(ring)), column.width), column);
      return alarming(name, ring) ? paint('red', cell) : cell;
    });
    return (ring.id === state.selected ? '>' : ' ') + cells.join(' ');
  });
  if (rings.length === 0)
    rows.push(cut(state.filter === '' ? ' no rings on this machine' : ' no ring fits the filter', width));
  return [` ${header.join(' ')}`, ...rows];
}

/** The columns: ids are never cut, the two of text get the room that is left, `fill` is a gauge where that is much. */
function fitted(width: number, { rings, drops }: RingsReport): [TopColumnName, Column<RingReport>][] {
  const digits = rings.reduce((most, { id }) => Math.max(most, String(id).length), 2);
  const all = topColumns(drops);
  const names = Object.keys(all) as TopColumnName[];
  const gauge = Math.max(0, Math.min(12, width - 88));
  const widths = new Map(names.map((name) => [name, all[name].width]));
  widths.set('id', digits).set('name', 0).set('owner', 0);
  if (gauge > 0) widths.set('fill', gauge + 5);
  const used = [...widths.values()].reduce((sum, each) => sum + each, names.length);
  const room = Math.max(12, width - used);
  const forName = Math.max(6, Math.min(LONGEST_NAME, Math.floor(room * 0.6)));
  widths.set('name', forName).set('owner', Math.min(MOST_OWNER, room - forName));
  return names.map((name) => {
    const column: TopColumn = { ...all[name], width: widths.get(name)! };
    if (name !== 'fill' || gauge === 0) return [name, column];
    const { value } = column;
    return [
      name,
      { ...column, value: (ring) => `${gaugeOf(ring.unread / ring.size, gauge)} ${value(ring).padStart(4)}` },
    ];
  });
}

function alarming(name: TopColumnName, ring: RingReport): boolean {
  if (name === 'fill' || name === 'unread') return ring.unread > NEARLY_FULL * ring.size;
  if (name === 'max') return ring.unreadMax > NEARLY_FULL * ring.size;
  if (name === 'stall') return stallOf(ring) > 0;
  return name === 'drops' && (ring.dropsPerSecond ?? 0) > 0;
}

/** `███▌    `: eighths of a cell. */
function gaugeOf(part: number, width: number): string {
  const eighths = Math.round(Math.min(1, part) * width * 8);
  const rest = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8]!;
  return ('█'.repeat(Math.floor(eighths / 8)) + rest).padEnd(width, '·');
}

/** The last of a row of figures as bars, the greatest of them full height. */
export function sparkline(values: readonly number[], width: number): string {
  const last = values.slice(-width);
  const top = Math.max(1, ...last);
  return last.map((value) => '▁▂▃▄▅▆▇█'[Math.min(7, Math.floor((value / top) * 8))]).join('');
}

function detailLines(ring: RingReport, { history, width, report }: FrameInput): string[] {
  const { holdsMs, suggestedSize } = adviseSize(ring);
  const bars = Math.max(8, width - 24);
  const head = ring.head === undefined ? 'none' : `${ring.head.state}, ${ring.head.length} bytes`;
  const rows: [string, string][] = [
    [
      'ring',
      `${ring.name} (id ${ring.id}), ${ring.type}, ${formatBytes(ring.size)}, flags 0x${ring.flags.toString(16)}`,
    ],
    ['positions', `consumer ${ring.consumerPosition}  producer ${ring.producerPosition}`],
    [
      'unread',
      `${formatBytes(ring.unread)} (${formatPart(ring.unread / ring.size)}), at most ${formatBytes(ring.unreadMax)} since the report before`,
    ],
    [
      'oldest',
      ring.unread === 0
        ? '-'
        : `${formatMs(ring.oldestMs)} at least; head ${head}${ring.busyMs > 0 ? ` for ${formatMs(ring.busyMs)}` : ''}`,
    ],
    ['stalled', ring.stalledMs === 0 ? '-' : formatMs(ring.stalledMs)],
    ['full in', ring.fullInMs === undefined ? '-' : formatMs(ring.fullInMs)],
    ['drops', dropsText(ring, report)],
    ['in/s', `${formatBytes(ring.inPerSecond).padStart(6)} ${sparkline(history.in, bars)}`],
    ['unread', `${formatBytes(ring.unread).padStart(6)} ${sparkline(history.unread, bars)}`],
    [
      'advice',
      holdsMs === undefined
        ? 'nothing came in'
        : `holds ${formatMs(holdsMs)} of its peak, ${formatBytes(ring.inPeakPerSecond)}/s; ${suggestedSize > ring.size ? `better ${formatBytes(suggestedSize)}` : 'large enough'}`,
    ],
    ['processes', list(ring.processes, ({ comm, pid }) => `${comm}/${pid}`)],
    ['programs', list(ring.programs, ({ id, name, type }) => `${name} (id ${id}, ${type})`)],
    ['pins', list(ring.pins, (path) => path)],
  ];
  return ['', ...rows.map(([topic, text]) => cut(` ${topic.padEnd(10)} ${escapeText(text)}`, width))];
}

function dropsText(ring: RingReport, { drops }: RingsReport): string {
  if (ring.drops !== undefined) return String(ring.drops);
  if (ring.type === 'USER_RINGBUF') return 'not counted: it is not filled by the kernel';
  return drops.state === 'not observable' ? `not observable: ${drops.reason}` : 'not counted (--drops)';
}

function list<T>(items: readonly T[] | undefined, text: (item: T) => string): string {
  if (items === undefined) return 'not to be seen without CAP_SYS_ADMIN';
  return items.length === 0 ? 'none' : items.map(text).join(', ');
}

/** At most `width` characters, the last of them `…` where some are left out. */
function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

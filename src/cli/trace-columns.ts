import type { Column } from '../text/index.ts';
import { CgroupPaths, type TraceColumn, type TraceEvent, type TraceValue } from '../tools/index.ts';

/** A column for a field of traced events, of a width that most of its values have. */
export function traceColumn({ name, shownAs, size }: TraceColumn): Column<TraceEvent> {
  const header = name.toUpperCase();
  const width = shownAs === 'number' && size < 8 ? 8 : WIDTHS[shownAs];
  return { header, width: Math.max(header.length, width), value: (event) => show(event[name]!, shownAs) };
}

const WIDTHS: Record<TraceColumn['shownAs'], number> = {
  number: 12,
  bool: 5,
  pointer: 18,
  time: 12,
  cgroup: 24,
  text: 16,
  array: 16,
};

const cgroups = new CgroupPaths();

function show(value: TraceValue, shownAs: TraceColumn['shownAs']): string {
  if (value instanceof Date) return timeOfDay(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (shownAs === 'pointer') return `0x${value.toString(16)}`;
  if (shownAs === 'cgroup') return cgroups.path(value as bigint) ?? String(value);
  return String(value);
}

/** `12:34:56.789`, local time. */
export function timeOfDay(time: Date): string {
  return `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

/** Figures as short as a table wants them. */

const UNITS = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

/** Bytes in binary units with three digits: `0`, `812`, `1.46K`, `64K`, `12.3M`. */
export function formatBytes(bytes: number): string {
  return formatUnits(bytes, 1024);
}

/** A count in decimal units with three digits: `999`, `1.5K`, `2M`. */
export function formatCount(count: number): string {
  return formatUnits(count, 1000);
}

function formatUnits(number: number, step: number): string {
  let unit = 0;
  let value = number;
  // What rounds to 1000 of a unit is written in the next one.
  for (; value >= 999.5; value /= step) unit++;
  if (unit === 0) return String(Math.round(value));
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${Number(value.toFixed(digits))}${UNITS[unit]}`;
}

/** A time as its two largest units: `120ms`, `4.5s`, `3m20s`, `2h5m`, `3d4h`. */
export function formatMs(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)}ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)}s`;
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m${s % 60}s`;
  if (s < 86_400) return `${Math.floor(s / 3600)}h${Math.floor((s % 3600) / 60)}m`;
  return `${Math.floor(s / 86_400)}d${Math.floor((s % 86_400) / 3600)}h`;
}

/** A part of a whole, 0 to 1, as a percentage; what is not nothing is never `0%`, what is not full never `100%`. */
export function formatPart(part: number): string {
  if (part > 0 && part < 0.01) return '<1%';
  if (part > 0.99 && part < 1) return '99%';
  return `${Math.round(part * 100)}%`;
}

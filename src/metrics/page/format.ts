/** Bytes in binary units with three digits. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let scaled = value;
  for (; scaled >= 1000 && unit < units.length - 1; unit++) scaled /= 1024;
  return `${unit === 0 ? Math.round(scaled) : Number(scaled.toPrecision(3))} ${units[unit]}`;
}

/** Seconds since 1970 as the time of day here. */
export function clock(seconds: number): string {
  return new Date(seconds * 1000).toTimeString().slice(0, 8);
}

/** Milliseconds as seconds. */
export function seconds(ms: number, digits = 1): string {
  return `${(ms / 1000).toFixed(digits)} s`;
}

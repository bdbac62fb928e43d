/** From values to places on an axis. */
export interface Scale {
  /** Where a value is, 0 to 1. */
  place(value: number): number;
  /** Values that get a line and a label. */
  readonly ticks: readonly number[];
}

/** Above this ratio of the greatest to the least value a linear axis would squeeze the small ones into one place. */
const MOST_LINEAR = 20;

/** A linear axis from 0, or for values that lie far apart a logarithmic one by powers of ten. */
export function scaleFor(values: readonly number[]): Scale {
  const most = Math.max(...values);
  const least = Math.min(...values);
  return least > 0 && most / least > MOST_LINEAR ? logarithmic(least, most) : linear(most);
}

function linear(most: number): Scale {
  // A step of 1, 2 or 5 at a power of ten, for four to ten ticks.
  const power = 10 ** Math.floor(Math.log10(most || 1));
  const step = [0.1, 0.2, 0.5, 1, 2].map((factor) => factor * power).find((s) => most / s <= 8)!;
  const end = Math.max(1, Math.ceil(most / step)) * step;
  const count = Math.round(end / step);
  return {
    place: (value) => value / end,
    ticks: Array.from({ length: count + 1 }, (_, i) => i * step),
  };
}

function logarithmic(least: number, most: number): Scale {
  const from = Math.floor(Math.log10(least));
  const to = Math.ceil(Math.log10(most));
  return {
    place: (value) => (Math.log10(value) - from) / (to - from),
    ticks: Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i)),
  };
}

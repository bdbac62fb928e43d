/** A figure that was measured several times. */
export interface Figure {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** @throws Error for no values. */
export function figure(values: readonly number[]): Figure {
  if (values.length === 0) throw new Error('no values');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, least: sorted[0]!, most: sorted.at(-1)! };
}

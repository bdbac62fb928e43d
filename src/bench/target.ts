import type { Figure, Target } from './suite.ts';

/** The median of a reader's figure. @returns undefined where it was not measured. */
export function medianOf(figures: readonly Figure[], reader: string, quantity: string): number | undefined {
  return figures.find((figure) => figure.reader === reader && figure.quantity === quantity)?.median;
}

/** A target, and what was measured, which is undefined where a figure is absent. */
export function target(
  work: string,
  bound: Target['bound'],
  limit: number,
  unit: string,
  measured: number | undefined,
): Target {
  return { work, bound, limit, unit, ...(measured !== undefined && { measured }) };
}

/** How many times `than` a value is. @returns undefined where one of them was not measured. */
export function ratio(value: number | undefined, than: number | undefined): number | undefined {
  return value === undefined || than === undefined ? undefined : value / than;
}

/** Whether a target was met. @returns undefined where it was not measured. */
export function isMet({ bound, limit, measured }: Target): boolean | undefined {
  if (measured === undefined) return undefined;
  return bound === 'at most' ? measured <= limit : measured >= limit;
}

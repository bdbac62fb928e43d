/** What {@link adviseSize} goes by, all of it in a ring's report. */
export interface Measured {
  /** Bytes. */
  readonly size: number;
  readonly inPeakPerSecond: number;
  readonly unreadMax: number;
  readonly drops: bigint | undefined;
}

/** How long a ring lasts, and how large it had better be. */
export interface SizeAdvice {
  /** For how many milliseconds of the peak rate an empty ring has room; undefined where nothing came in. */
  readonly holdsMs: number | undefined;
  /** Bytes: the least power of two that is enough, never less than the ring has. */
  readonly suggestedSize: number;
}

/** How long a consumer may be away, unless told: what a busy machine, a garbage collection or a slow disk takes. */
export const ADVISED_MS = 1000;

/** The kernel's largest ring that ringtail reads: see checkRingSize(). */
const LARGEST_SIZE = 2 ** 30;

/**
 * The arithmetic of a ring's size: room for `awayMs` of the highest rate that was measured, and twice what was unread at
 * most. A ring that dropped records did not show its need, so it is at least doubled.
 *
 * @param awayMs how long the consumer may be away without a loss.
 */
export function adviseSize(measured: Measured, awayMs: number = ADVISED_MS): SizeAdvice {
  const { size, inPeakPerSecond, unreadMax, drops = 0n } = measured;
  const wanted = Math.max((inPeakPerSecond * awayMs) / 1000, 2 * unreadMax, drops > 0n ? 2 * size : 0);
  let suggestedSize = size;
  while (suggestedSize < wanted && suggestedSize < LARGEST_SIZE) suggestedSize *= 2;
  return {
    holdsMs: inPeakPerSecond > 0 ? (size * 1000) / inPeakPerSecond : undefined,
    suggestedSize,
  };
}

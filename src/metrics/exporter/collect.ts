import type { Registry } from 'prom-client';
import type { RingMetrics, RingMetricsOptions } from './prometheus.ts';

/**
 * Puts metrics of all rings of the machine into a registry of prom-client, whichever the user serves: see docs/operations.md
 * for the list. They come from a watch that goes on in between, and keeps the process running until it is closed.
 *
 * @returns when the rings have been looked at once.
 * @throws as `watchRings`.
 * @example
 * ```ts
 * import { register } from 'prom-client';
 * const metrics = await collectRingMetrics(register, { maxRings: 200 });
 * console.log(await register.metrics());
 * await metrics.close();
 * ```
 */
export async function collectRingMetrics(
  registry: Registry,
  options: RingMetricsOptions = {},
): Promise<RingMetrics> {
  const { intervalMs = 1000, maxRings, ...watch } = options;
  const [{ RingFeed }, { registerRingMetrics }] = await Promise.all([
    import('./feed.ts'),
    import('./prometheus.ts'),
  ]);
  const feed = await RingFeed.open({ intervalMs, ...watch });
  const unregister = registerRingMetrics(registry, feed, maxRings);
  return {
    async close() {
      unregister();
      await feed.close();
    },
  };
}

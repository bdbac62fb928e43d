import type { DoctorReport } from './finding.ts';

/**
 * Looks at this machine: what BPF programs may do here, by trying it, and what is in the way. Changes nothing, and
 * as an ordinary user tells what is missing.
 *
 * @throws NotSupportedError on a system or processor that BPF does not run on.
 * @example
 * ```ts
 * const { works, machine } = await examine();
 * for (const { topic, detail, remedy } of machine.filter((f) => f.verdict === 'fail')) console.log(topic, detail, remedy);
 * ```
 */
export async function examine(): Promise<DoctorReport> {
  // Loaded late: it tries everything that there is, and most programs ask for none of it.
  const { look } = await import('./look.ts');
  return look();
}

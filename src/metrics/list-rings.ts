import type { ListedRing } from './survey.ts';

/**
 * All rings of the machine, those in maps of maps and user ring buffers included, with their positions and who uses
 * them. Nothing is written, and no ring is held.
 *
 * A process that mapped a ring and closed its fd holds it without being listed; so do fds in flight over a socket.
 *
 * @returns them by ascending id.
 * @throws PermissionError without CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN; BpfSyscallError, NotSupportedError.
 * @example
 * ```ts
 * for (const { id, name, unread, size, processes } of await listRings()) {
 *   console.log(id, name, `${unread} of ${size}`, processes?.map(({ comm }) => comm).join());
 * }
 * ```
 */
export async function listRings(): Promise<ListedRing[]> {
  const { RingSurvey } = await import('./survey.ts');
  const survey = await RingSurvey.open();
  try {
    const rings = survey.read();
    const users = survey.users();
    return rings.map((ring) => ({ ...ring, ...users(ring.id) }));
  } finally {
    await survey.close();
  }
}

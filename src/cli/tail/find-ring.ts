import { NotFoundError } from '../../errors/index.ts';
import { BpfMap } from '../../kernel/index.ts';
import { type ListedRing, listRings } from '../../metrics/index.ts';

/** What the kernel keeps of a map's name. */
const KERNEL_NAME_LENGTH = 15;

/**
 * Finds a ring of the machine by what a user calls it: its id, its name, the path of its pin, or `pid/name` or
 * `pid/id` with a process that holds it.
 *
 * @throws NotFoundError where none fits, or several do: then it lists them.
 */
export async function findRing(text: string): Promise<ListedRing> {
  const rings = await listRings();
  const found = rings.filter(matcher(text));
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    throw new NotFoundError({
      message: `${found.length} rings are called "${text}": ${found.map(describe).join('; ')}`,
      remedy: `Name it by its id: ringtail tail ${found[0]!.id}`,
    });
  }
  throw new NotFoundError({
    message: `there is no ring "${text}"`,
    remedy:
      rings.length === 0 ? 'This machine has none now.' : `There are: ${rings.map(describe).join('; ')}.`,
  });
}

function matcher(text: string): (ring: ListedRing) => boolean {
  if (/^\d+$/.test(text)) return ({ id }) => id === Number(text);
  if (/^\.{0,2}\//.test(text)) {
    const id = idOfPin(text);
    return (ring) => ring.id === id;
  }
  const [, pid, name] = /^(?:(\d+)\/)?(.*)$/s.exec(text) as unknown as [string, string | undefined, string];
  return (ring) =>
    (ring.name === name.slice(0, KERNEL_NAME_LENGTH) || String(ring.id) === name) &&
    (pid === undefined || (ring.processes ?? []).some((holder) => holder.pid === Number(pid)));
}

function idOfPin(path: string): number {
  const map = BpfMap.openPinned(path);
  try {
    return map.info().id;
  } finally {
    map.close();
  }
}

function describe({ id, name, processes, programs }: ListedRing): string {
  const holders = (processes ?? []).map(({ pid, comm }) => `${pid}/${comm}`);
  const users = holders.length > 0 ? holders : (programs ?? []).map((program) => `program ${program.name}`);
  return `${id} ${name} (${users.join(', ') || 'no process'})`;
}

import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BpfSyscallError, PermissionError } from '../errors/index.ts';
import { mountsOf } from '../kernel/index.ts';
import { MapFlags } from '../spec/index.ts';
import { closeFd, mapInfo, objectGet } from '../sys/index.ts';

/** Most files that are looked at in all bpffs together. */
const MOST_PINS = 20_000;

/** Finds where maps are pinned, on every bpffs that is mounted here. */
export class PinFinder {
  /** Map id by `path inode`, which changes when a pin is made anew; undefined for pins of other objects. */
  #known = new Map<string, number | undefined>();

  /**
   * Walks the mounts, and opens (read-only, and closes at once) what was not there before. Pins that this process may
   * not open are left out.
   *
   * @returns paths by map id.
   */
  read(): Map<number, string[]> {
    const known = new Map<string, number | undefined>();
    const pins = new Map<number, string[]>();
    for (const path of mountsOf('bpf').flatMap((mount) => [...filesBelow(mount)])) {
      if (known.size === MOST_PINS) break;
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat === undefined) continue;
      const key = `${path} ${stat.dev} ${stat.ino}`;
      const id = this.#known.has(key) ? this.#known.get(key) : pinnedMap(path);
      known.set(key, id);
      if (id !== undefined) pins.set(id, [...(pins.get(id) ?? []), path]);
    }
    this.#known = known;
    return pins;
  }
}

function* filesBelow(directory: string): Generator<string> {
  let entries: import('node:fs').Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch {
    // Removed meanwhile, or not ours to read.
    return;
  }
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

/** Id of the map that is pinned there, if it is a map. */
function pinnedMap(path: string): number | undefined {
  let fd: number;
  try {
    // Links cannot be opened read-only: EINVAL.
    fd = objectGet(path, MapFlags.RDONLY);
  } catch (error) {
    if (error instanceof PermissionError || error instanceof BpfSyscallError) return undefined;
    throw error;
  }
  try {
    const isMap = readlinkSync(`/proc/self/fd/${fd}`).includes('bpf-map');
    return isMap ? mapInfo(fd, `pin ${path}`).id : undefined;
  } finally {
    closeFd(fd);
  }
}

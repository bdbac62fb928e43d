import { readdirSync, readFileSync, statSync } from 'node:fs';
import { ArgumentError } from '../errors/index.ts';
import { mountsOf } from '../kernel/index.ts';

/**
 * Paths of cgroups (v2) by id: the id is the inode number of the cgroup's directory. The tree is walked at the
 * first question and again when an unknown id turns up, at most once in {@link REWALK_MS}.
 */
export class CgroupPaths {
  readonly #root: string | undefined = mountsOf('cgroup2')[0];
  readonly #paths = new Map<bigint, string>();
  #walked = Number.NEGATIVE_INFINITY;

  /** Path below the root of the hierarchy, such as `/system.slice/ssh.service`; undefined for one that is gone. */
  path(id: bigint): string | undefined {
    const known = this.#paths.get(id);
    if (known !== undefined || this.#root === undefined) return known;
    if (performance.now() - this.#walked < REWALK_MS) return undefined;
    this.#walk(this.#root, '/');
    this.#walked = performance.now();
    return this.#paths.get(id);
  }

  #walk(directory: string, path: string): void {
    this.#paths.set(statSync(directory, { bigint: true }).ino, path);
    for (const entry of listDirectories(directory)) {
      try {
        this.#walk(`${directory}/${entry}`, path === '/' ? `/${entry}` : `${path}/${entry}`);
      } catch (error) {
        // Removed between readdir and stat.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }
}

const REWALK_MS = 250;

function listDirectories(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true });
  return entries.filter((e) => e.isDirectory()).map((e) => e.name);
}

/**
 * A cgroup's id and its depth under the root, for `bpf_get_current_ancestor_cgroup_id`.
 *
 * @param path of its directory, or below the mount of cgroup2.
 * @throws ArgumentError when there is no such cgroup.
 */
export function findCgroup(path: string): { id: bigint; level: number } {
  const root = mountsOf('cgroup2')[0];
  if (root === undefined) {
    throw new ArgumentError({
      message: 'no cgroup2 hierarchy is mounted',
      remedy: 'Mount it: mount -t cgroup2 none /sys/fs/cgroup/unified',
    });
  }
  const full = path === root || path.startsWith(`${root}/`) ? path : `${root}/${path.replace(/^\/+/, '')}`;
  const below = full
    .slice(root.length)
    .split('/')
    .filter((part) => part !== '');
  try {
    return { id: statSync(full, { bigint: true }).ino, level: below.length };
  } catch (cause) {
    throw new ArgumentError({
      message: `there is no cgroup ${path} under ${root}`,
      remedy: `List them: ls -R ${root} (or systemd-cgls).`,
      cause,
    });
  }
}

/** The cgroups of a process that still runs, one path per hierarchy, from `/proc/PID/cgroup`. */
export function cgroupsOfProcess(pid: number): string[] {
  try {
    const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
    return lines.map((line) => line.split(':').slice(2).join(':'));
  } catch {
    // It has ended; the kernel knows no more of it.
    return [];
  }
}

/**
 * The container that a cgroup belongs to, read off its path: the first 12 digits of a container id as Docker, containerd, CRI-O and Podman
 * write it into their cgroup names, or the name that LXC and systemd-nspawn give.
 */
export function containerOf(path: string): string | undefined {
  const id = /[0-9a-f]{64}(?!.*[0-9a-f]{64})/.exec(path)?.[0];
  if (id !== undefined) return id.slice(0, 12);
  return /(?:^|\/)(?:lxc(?:\.payload)?[./]|machine-|systemd-nspawn@)([^/]+?)(?:\.(?:scope|service))?(?:\/|$)/.exec(
    path,
  )?.[1];
}

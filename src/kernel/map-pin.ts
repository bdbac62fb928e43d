import { mkdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ArgumentError, BpfSyscallError } from '../errors/index.ts';
import { MapFlags, type MapSpec } from '../spec/index.ts';
import { closeFd, mapInfo, objectGet, objectPin, requireBpffs } from '../sys/index.ts';
import { type MapSizes, mapEntries } from './create-map.ts';
import { typeName } from './map-handle.ts';

/** Where maps that are pinned by name are pinned. */
export interface Pinning {
  /** A directory of a bpffs; made if it is not there. Default `/sys/fs/bpf`, as libbpf's `pin_root_path`. */
  readonly pinPath?: string | undefined;
}

/** A map that was created, or found under its pin. */
export interface Pinned {
  readonly fd: number;
  readonly reused: boolean;
  /** Removes the pin that was made. */
  readonly unpin?: () => void;
}

const PIN_ROOT = '/sys/fs/bpf';

/** Flags that hold for the fd that creating gives, and are not kept with the map. */
const OF_THE_FD = MapFlags.RDONLY | MapFlags.WRONLY;

/**
 * Creates a map, unless it is pinned by name and there already; then that one is opened, if it is of the same make
 * [`bpf_object__reuse_map`].
 *
 * @throws ArgumentError for a pinned map that differs, and where none can be pinned.
 */
export function pinned(spec: MapSpec, sizes: MapSizes, options: Pinning, create: () => number): Pinned {
  if (spec.pinning === undefined) return { fd: create(), reused: false };
  if (/^\.{0,2}$|[/\0]/.test(spec.name)) {
    throw new ArgumentError({
      message: `map ${JSON.stringify(spec.name)} is to be pinned by its name, which is none for a file`,
      remedy: 'Rename it, or leave out its pinning.',
    });
  }
  const path = join(options.pinPath ?? PIN_ROOT, spec.name);
  // A second look, for the case that somebody else pins it between the first and our own try.
  return reuse(spec, sizes, path) ?? createPinned(spec, path, create) ?? reuse(spec, sizes, path)!;
}

function createPinned(spec: MapSpec, path: string, create: () => number): Pinned | undefined {
  requireBpffs(path, `map ${spec.name}`);
  const fd = create();
  try {
    makeFolder(dirname(path), spec.name);
    objectPin(fd, path, `map ${spec.name}`);
    return { fd, reused: false, unpin: () => unlinkSync(path) };
  } catch (error) {
    closeFd(fd);
    if (error instanceof BpfSyscallError && error.errno === 'EEXIST') return undefined;
    throw error;
  }
}

function makeFolder(path: string, map: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw new ArgumentError({
      message: `map ${map} cannot be pinned: the directory ${path} cannot be made: ${(cause as NodeJS.ErrnoException).code}`,
      remedy: 'Run as who may write there, or pin elsewhere with pinPath.',
      cause,
    });
  }
}

function reuse(spec: MapSpec, sizes: MapSizes, path: string): Pinned | undefined {
  let fd: number;
  try {
    fd = objectGet(path);
  } catch (error) {
    if (error instanceof BpfSyscallError && error.errno === 'ENOENT') return undefined;
    throw error;
  }
  try {
    checkSame(spec, sizes, path, fd);
    return { fd, reused: true };
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

/** The properties that libbpf compares (`map_is_reuse_compat`). */
function checkSame(spec: MapSpec, sizes: MapSizes, path: string, fd: number): void {
  const info = mapInfo(fd, `pin ${path}`);
  // The kernel sets it by itself.
  const added = spec.type === 'DEVMAP' || spec.type === 'DEVMAP_HASH' ? MapFlags.RDONLY_PROG : 0;
  const rows: readonly (readonly [string, string | number | bigint, string | number | bigint])[] = [
    ['type', spec.type, typeName(info.type)],
    ['key_size', sizes.key, info.keySize],
    ['value_size', sizes.value, info.valueSize],
    ['max_entries', mapEntries(spec), info.maxEntries],
    ['map_flags', (spec.flags ?? 0) & ~OF_THE_FD, info.flags & ~added],
    ['map_extra', spec.extra ?? 0n, info.extra],
  ];
  const different = rows.filter(([, wanted, found]) => wanted !== found);
  if (different.length === 0) return;
  const list = different.map(([name, wanted, found]) => `${name} ${found} instead of ${wanted}`);
  throw new ArgumentError({
    message: `map ${spec.name}: what is pinned at ${path} is another map: ${list.join(', ')}`,
    remedy: `Remove the pin (rm ${path}) if it is left over, or pin elsewhere with pinPath.`,
  });
}

// Objects loaded by the distribution's libbpf, through bpftool.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function bpftool(...args: string[]): string {
  return execFileSync('bpftool', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What bpftool tells about a program. */
export interface ShownProgram {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly btf_id: number;
  readonly map_ids?: readonly number[];
}

/**
 * Loads an object by libbpf, hands its programs to `look` by name, and lets go of them.
 *
 * @param directory a folder, on which a bpffs is mounted meanwhile.
 */
export function withLoaded<T>(
  object: string,
  directory: string,
  look: (programs: ReadonlyMap<string, ShownProgram>) => T,
): T {
  const mount = join(directory, 'bpffs');
  mkdirSync(mount);
  execFileSync('mount', ['-t', 'bpf', 'bpf', mount]);
  try {
    bpftool('prog', 'loadall', object, join(mount, 'programs'));
    const names = execFileSync('ls', [join(mount, 'programs')], { encoding: 'utf8' }).split('\n');
    const shown = names
      .filter((name) => name !== '')
      .map((name) => bpftool('-j', 'prog', 'show', 'pinned', join(mount, 'programs', name)));
    const programs = shown.map((text) => JSON.parse(text) as ShownProgram);
    return look(new Map(programs.map((program) => [program.name, program])));
  } finally {
    execFileSync('umount', [mount]);
    rmSync(mount, { recursive: true });
  }
}

/** A map as bpftool shows it, without what differs from load to load. */
export function shownMap(id: number): Record<string, unknown> {
  const {
    id: _id,
    btf_id,
    pids: _pids,
    bytes_memlock: _memory,
    ...rest
  } = JSON.parse(bpftool('-j', 'map', 'show', 'id', String(id)));
  return { ...rest, hasBtf: btf_id !== undefined };
}

/** A program as the kernel rewrote it, with lines, maps by name. @param show tells of a map by its id. */
export function translated(id: number, show: typeof shownMap = shownMap): string {
  const text = bpftool('prog', 'dump', 'xlated', 'id', String(id), 'linum');
  return text.replace(/map\[id:(\d+)\]/g, (_, map: string) => `map[${show(Number(map))['name']}]`);
}

const LD_IMM64 = 0x18;
/** Source registers of an `LD_IMM64` of a map, and of a place in its value. */
const MAP_SOURCES = [1, 2];

/** The same without lines and in bytes, which bpftool gives much faster: it looks no symbols up. */
export function rewritten(id: number, show: typeof shownMap = shownMap): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringtail-rewritten-'));
  const file = join(folder, 'instructions');
  try {
    bpftool('prog', 'dump', 'xlated', 'id', String(id), 'file', file);
    return slots(readFileSync(file), show).join('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function slots(bytes: Buffer, show: typeof shownMap): string[] {
  return Array.from({ length: bytes.length / 8 }, (_, i) => {
    const slot = bytes.subarray(i * 8, i * 8 + 8);
    const isMap = slot[0] === LD_IMM64 && MAP_SOURCES.includes(slot[1]! >> 4);
    const hex = slot.toString('hex');
    return isMap ? `${hex.slice(0, 8)} ${show(slot.readUInt32LE(4))['name']}` : hex;
  });
}

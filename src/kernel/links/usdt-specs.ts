import { BpfSyscallError } from '../../errors/index.ts';
import { closeFd, type MapInfo, mapInfo, mapUpdate, openById, programInfo } from '../../sys/index.ts';
import type { LinkableProgram } from './link.ts';
import { encodeUsdtSpec, parseUsdtArgs, USDT_SPEC_SIZE } from './usdt-args.ts';

/** Name of the map in libbpf's `usdt.bpf.h`, as the kernel keeps it. */
const SPECS = '__bpf_usdt_specs'.slice(0, 15);

/** Indices in use, by id of the map: programs of one object share it. */
const taken = new Map<number, Set<number>>();

/**
 * Tells a program where the arguments of its probes are: those compiled with `usdt.bpf.h` find them in a map, at the
 * index that is the cookie of the place they run at.
 */
export class UsdtSpecs {
  readonly #fd: number;
  readonly #map: MapInfo;
  readonly #own = new Map<string, number>();

  private constructor(fd: number, map: MapInfo) {
    this.#fd = fd;
    this.#map = map;
  }

  /**
   * Finds the map of a program; undefined where it reads no arguments.
   *
   * @throws PermissionError: maps are opened by id, which needs CAP_SYS_ADMIN.
   */
  static of(program: LinkableProgram): UsdtSpecs | undefined {
    for (const id of programInfo(program.fd, `program ${program.name}`).mapIds) {
      const fd = openById('MAP', id);
      const info = mapInfo(fd, `map id ${id}`);
      if (info.name === SPECS && info.valueSize === USDT_SPEC_SIZE) return new UsdtSpecs(fd, info);
      closeFd(fd);
    }
    return undefined;
  }

  /**
   * Writes down where the arguments are.
   *
   * @param args in the words of the probe's note; the same ones share an index.
   * @param cookie what `bpf_usdt_cookie()` returns.
   * @returns the index.
   * @throws NotSupportedError for arguments of an unknown form; ObjectFormatError; BpfSyscallError when the map is full.
   */
  add(args: string, cookie: bigint): number {
    const known = this.#own.get(args);
    if (known !== undefined) return known;
    const spec = encodeUsdtSpec(parseUsdtArgs(args, process.arch), cookie);
    const index = this.#take();
    this.#own.set(args, index);
    mapUpdate(this.#fd, `map ${this.#map.name}`, new Uint8Array(Uint32Array.of(index).buffer), spec);
    return index;
  }

  /** When all places are attached: what was written stays. */
  close(): void {
    closeFd(this.#fd);
  }

  /** When the last place is detached: the indices may be used again. */
  release(): void {
    const used = taken.get(this.#map.id);
    for (const index of this.#own.values()) used?.delete(index);
    if (used?.size === 0) taken.delete(this.#map.id);
  }

  #take(): number {
    const used = taken.get(this.#map.id) ?? new Set();
    taken.set(this.#map.id, used);
    for (let index = 0; index < this.#map.maxEntries; index++) {
      if (used.has(index)) continue;
      used.add(index);
      return index;
    }
    throw new BpfSyscallError({
      command: 'BPF_MAP_UPDATE_ELEM',
      errno: 'ENOSPC',
      message: `map ${this.#map.name} has no room for more than ${this.#map.maxEntries} forms of arguments`,
      remedy: 'Compile the program with a larger BPF_USDT_MAX_SPEC_CNT.',
    });
  }
}

import { Attr } from './attr.ts';
import { bpf, type CommandName, tryBpf } from './call.ts';
import { errno } from './errno.ts';
import { failure } from './failure.ts';

/** Fields of `BPF_MAP_CREATE`. Sizes in bytes. */
export interface MapCreate {
  readonly type: number;
  readonly name: string;
  /** What errors call it, where that is not its name. */
  readonly what?: string | undefined;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags?: number | undefined;
  /** Types of key and value: ids in a loaded BTF, 0 where there is none. */
  readonly btf?: { readonly fd: number; readonly key: number; readonly value: number } | undefined;
  /** Maps of maps: fd of a map like those that they hold. */
  readonly innerFd?: number | undefined;
  readonly numaNode?: number | undefined;
  readonly extra?: bigint | undefined;
  /** Of a `STRUCT_OPS` map: id of its value's type in the kernel's BTF. */
  readonly vmlinuxValueTypeId?: number | undefined;
  readonly remedy?: string | undefined;
}

/** `BPF_MAP_CREATE`. @returns the map's fd. */
export function mapCreate(map: MapCreate): number {
  const attr = new Attr(72)
    .u32(0, map.type)
    .u32(4, map.keySize)
    .u32(8, map.valueSize)
    .u32(12, map.maxEntries)
    .u32(16, map.flags ?? 0)
    .u32(20, map.innerFd ?? 0)
    .u32(24, map.numaNode ?? 0)
    .name(28, map.name)
    .u32(60, map.vmlinuxValueTypeId ?? 0)
    .u64(64, map.extra ?? 0n);
  if (map.btf !== undefined) attr.u32(48, map.btf.fd).u32(52, map.btf.key).u32(56, map.btf.value);
  return bpf('MAP_CREATE', attr, map.what ?? `map ${map.name}`, { remedy: map.remedy });
}

/** Update flags: any, only new, only existing. */
export const UpdateFlags = { ANY: 0, NOEXIST: 1, EXIST: 2 } as const;

function element(fd: number, key: Uint8Array | undefined, value: Uint8Array | undefined, flags = 0): Attr {
  return new Attr(32).u32(0, fd).pointer(8, key).pointer(16, value).u64(24, flags);
}

/**
 * `BPF_MAP_LOOKUP_ELEM` into `value`. @returns whether the key exists.
 *
 * @param key absent in maps without keys; a Bloom filter looks for what is in `value`.
 */
export function mapLookup(fd: number, what: string, key: Uint8Array | undefined, value: Uint8Array): boolean {
  return exists('MAP_LOOKUP_ELEM', element(fd, key, value), what);
}

/** `BPF_MAP_LOOKUP_AND_DELETE_ELEM` into `value`. @returns whether the key exists. */
export function mapLookupAndDelete(
  fd: number,
  what: string,
  key: Uint8Array | undefined,
  value: Uint8Array,
): boolean {
  return exists('MAP_LOOKUP_AND_DELETE_ELEM', element(fd, key, value), what);
}

/** `BPF_MAP_UPDATE_ELEM`. @param key absent in maps without keys. */
export function mapUpdate(
  fd: number,
  what: string,
  key: Uint8Array | undefined,
  value: Uint8Array,
  flags = 0,
): void {
  bpf('MAP_UPDATE_ELEM', element(fd, key, value, flags), what);
}

/** `BPF_MAP_FREEZE`: from now on only programs change it. */
export function mapFreeze(fd: number, what: string): void {
  bpf('MAP_FREEZE', new Attr(4).u32(0, fd), what);
}

/** `BPF_MAP_DELETE_ELEM`. @returns whether the key existed. */
export function mapDelete(fd: number, what: string, key: Uint8Array): boolean {
  return exists('MAP_DELETE_ELEM', element(fd, key, undefined), what);
}

/** `BPF_MAP_GET_NEXT_KEY`: writes the key after `key` (the first one without it). @returns false at the end. */
export function mapNextKey(fd: number, what: string, key: Uint8Array | undefined, next: Uint8Array): boolean {
  return exists('MAP_GET_NEXT_KEY', element(fd, key, next), what);
}

/** Calls bpf(2), where ENOENT is an answer. */
function exists(command: CommandName, attr: Attr, what: string): boolean {
  const result = tryBpf(command, attr);
  if (result === -errno.ENOENT) return false;
  if (result < 0) throw failure({ command: `BPF_${command}`, what, errno: -result });
  return true;
}

/** What the kernel tells about a map (`struct bpf_map_info`). */
export interface MapInfo {
  readonly type: number;
  readonly id: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly name: string;
  /** 0 where the map was created without BTF. */
  readonly btfId: number;
  readonly btfKeyTypeId: number;
  readonly btfValueTypeId: number;
  /** `map_extra`; 0 on kernels that do not have it. */
  readonly extra: bigint;
}

/** `BPF_OBJ_GET_INFO_BY_FD` of a map. */
export function mapInfo(fd: number, what: string): MapInfo {
  const info = new Attr(88);
  bpf('OBJ_GET_INFO_BY_FD', new Attr(16).u32(0, fd).u32(4, 88).pointer(8, info.bytes), what);
  return {
    type: info.readU32(0),
    id: info.readU32(4),
    keySize: info.readU32(8),
    valueSize: info.readU32(12),
    maxEntries: info.readU32(16),
    flags: info.readU32(20),
    name: info.readName(24),
    btfId: info.readU32(64),
    btfKeyTypeId: info.readU32(68),
    btfValueTypeId: info.readU32(72),
    extra: info.readU64(80),
  };
}

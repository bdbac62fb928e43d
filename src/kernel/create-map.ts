import { BpfSyscallError, PermissionError } from '../errors/index.ts';
import { checkRingSize } from '../ringbuf/index.ts';
import { type MapSpec, MapType, type MapTypeName } from '../spec/index.ts';
import { btfLoad, closeFd, mapCreate, native } from '../sys/index.ts';
import { keyCodec, valueCodec } from './codec.ts';
import { kernelRelease, possibleCpus, requireKernel } from './machine.ts';

/** Types of maps that the kernel takes no BTF for (libbpf: `bpf_object__create_map`). */
const WITHOUT_BTF: ReadonlySet<MapTypeName> = new Set([
  'PERF_EVENT_ARRAY',
  'CGROUP_ARRAY',
  'STACK_TRACE',
  'ARRAY_OF_MAPS',
  'HASH_OF_MAPS',
  'DEVMAP',
  'DEVMAP_HASH',
  'CPUMAP',
  'XSKMAP',
  'SOCKMAP',
  'SOCKHASH',
  'QUEUE',
  'STACK',
  'ARENA',
]);

/** Largest BTF that is loaded for the sake of one map: a program's, not the kernel's. */
const LARGEST_BTF = 1024 * 1024;

/** Sizes in bytes of one key and one value; in per-CPU maps, of one CPU's. */
export interface MapSizes {
  readonly key: number;
  readonly value: number;
}

/**
 * Creates a map, and for a map of maps first one like those that it is to hold. @returns its fd.
 *
 * @param btfFd of the loaded BTF that the types of key and value are in; else their own is loaded. Tools show
 *   entries by them, and storage maps are not made without.
 */
export function createMap(spec: MapSpec, sizes: MapSizes, btfFd?: number): number {
  const innerFd = spec.inner === undefined ? undefined : createMap(spec.inner, sizesOf(spec.inner), btfFd);
  const ownBtf = btfFd === undefined ? loadTypes(spec) : undefined;
  const types = { key: spec.key?.id ?? 0, value: spec.value?.id ?? 0 };
  const fd = btfFd ?? ownBtf;
  const hasTypes = fd !== undefined && takesTypes(spec);
  const create = (withTypes: boolean): number =>
    mapCreate({
      type: MapType[spec.type],
      name: spec.kernelName ?? spec.name,
      what: `map ${spec.name}`,
      keySize: sizes.key,
      valueSize: sizes.value,
      maxEntries: mapEntries(spec),
      flags: spec.flags,
      extra: spec.extra,
      numaNode: spec.numaNode,
      innerFd,
      btf: withTypes ? { fd: fd!, ...types } : undefined,
      remedy:
        isRing(spec) && spec.flags ? 'Ring flags need a recent kernel (RB_OVERWRITE: 6.19).' : undefined,
    });
  try {
    return create(hasTypes);
  } catch (error) {
    // As libbpf does: some types of maps take no BTF on some kernels, and it only helps those who look at the map.
    if (!hasTypes || !(error instanceof BpfSyscallError)) throw error;
    return create(false);
  } finally {
    if (innerFd !== undefined) closeFd(innerFd);
    if (ownBtf !== undefined) closeFd(ownBtf);
  }
}

function takesTypes({ type, key, value }: MapSpec): boolean {
  return !WITHOUT_BTF.has(type) && (key !== undefined || value !== undefined);
}

/** Undefined where there are no types, or the kernel does not take them: most maps do without. */
function loadTypes(spec: MapSpec): number | undefined {
  const btf = (spec.key ?? spec.value)?.btf;
  const isOne = spec.key === undefined || spec.value === undefined || spec.key.btf === spec.value.btf;
  if (btf === undefined || !takesTypes(spec) || !isOne || btf.bytes.length > LARGEST_BTF) return undefined;
  try {
    return btfLoad(btf.bytes, `BTF of map ${spec.name}`);
  } catch (error) {
    if (error instanceof BpfSyscallError || error instanceof PermissionError) return undefined;
    throw error;
  }
}

function sizesOf(spec: MapSpec): MapSizes {
  const type = MapType[spec.type];
  return {
    key: keyCodec(type, spec.key, spec.keySize).size,
    value: valueCodec(type, spec.value, spec.valueSize).size,
  };
}

function isRing({ type }: MapSpec): boolean {
  return type === 'RINGBUF' || type === 'USER_RINGBUF';
}

/**
 * What the kernel is given as `max_entries`. An array of perf events without a size gets one entry for each CPU.
 *
 * @throws ArgumentError for a ring size that the kernel does not take.
 */
export function mapEntries(spec: MapSpec): number {
  if (isRing(spec)) return ringSize(spec);
  return spec.type === 'PERF_EVENT_ARRAY' && spec.maxEntries === 0 ? possibleCpus() : spec.maxEntries;
}

function ringSize({ name, type, maxEntries, roundUp }: MapSpec): number {
  if (type === 'RINGBUF') requireKernel('ring buffer', 5, 8, kernelRelease());
  else requireKernel('user ring buffer', 6, 1, kernelRelease());
  const page = native().pageSize();
  const size =
    roundUp === true && maxEntries > 0 ? Math.max(page, 2 ** Math.ceil(Math.log2(maxEntries))) : maxEntries;
  checkRingSize(name, size, page);
  return size;
}

import { BpfSyscallError, NotSupportedError } from '../errors/index.ts';
import { checkRingSize } from '../ringbuf/index.ts';
import { type MapSpec, MapType, type MapTypeName } from '../spec/index.ts';
import { closeFd, mapCreate, native } from '../sys/index.ts';
import { possibleCpus } from './machine.ts';

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

/** Creates a map, and for a map of maps first one like those that it is to hold. @returns its fd. */
export function createMap(spec: MapSpec, keySize: number, valueSize: number, btfFd?: number): number {
  if (spec.pinning !== undefined) {
    throw new NotSupportedError({
      feature: 'pinning by name',
      message: `map ${spec.name}: pinning by definition is not supported yet`,
      remedy: 'Leave pinning out of its definition, and call pin().',
    });
  }
  const { inner } = spec;
  const innerFd =
    inner === undefined ? undefined : createMap(inner, inner.keySize ?? 0, inner.valueSize ?? 0, btfFd);
  const isRing = spec.type === 'RINGBUF' || spec.type === 'USER_RINGBUF';
  const types = { key: spec.key?.id ?? 0, value: spec.value?.id ?? 0 };
  const hasTypes =
    btfFd !== undefined && !WITHOUT_BTF.has(spec.type) && (types.key !== 0 || types.value !== 0);
  const create = (withTypes: boolean): number =>
    mapCreate({
      type: MapType[spec.type],
      name: spec.kernelName ?? spec.name,
      keySize,
      valueSize,
      maxEntries: isRing ? ringSize(spec) : entries(spec),
      flags: spec.flags,
      extra: spec.extra,
      numaNode: spec.numaNode,
      innerFd,
      btf: withTypes ? { fd: btfFd!, ...types } : undefined,
      remedy: isRing && spec.flags ? 'Ring flags need a recent kernel (RB_OVERWRITE: 6.19).' : undefined,
    });
  try {
    return create(hasTypes);
  } catch (error) {
    // As libbpf does: some types of maps take no BTF on some kernels, and it only helps those who look at the map.
    if (!hasTypes || !(error instanceof BpfSyscallError)) throw error;
    return create(false);
  } finally {
    if (innerFd !== undefined) closeFd(innerFd);
  }
}

/** An array of perf events without a size gets one entry for each CPU. */
function entries({ type, maxEntries }: MapSpec): number {
  return type === 'PERF_EVENT_ARRAY' && maxEntries === 0 ? possibleCpus() : maxEntries;
}

/** @throws ArgumentError for a size that the kernel does not take. */
function ringSize({ name, maxEntries, roundUp }: MapSpec): number {
  const page = native().pageSize();
  const size =
    roundUp === true && maxEntries > 0 ? Math.max(page, 2 ** Math.ceil(Math.log2(maxEntries))) : maxEntries;
  checkRingSize(name, size, page);
  return size;
}

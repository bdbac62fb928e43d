import { Btf, BtfBuilder } from '../../../src/btf/index.ts';
import type { BpfMap, BpfObject } from '../../../src/kernel/index.ts';
import { MapFlags, type MapSpec, type MapTypeName, type TypeRef } from '../../../src/spec/index.ts';

/** Types of keys and values, all in one BTF. */
export interface Types {
  readonly int: TypeRef;
  readonly u32: TypeRef;
  readonly u64: TypeRef;
  /** `struct point { u64 x; u32 y; }`, 16 bytes. */
  readonly point: TypeRef;
  /** `struct index { u32 n; }` */
  readonly index: TypeRef;
}

export function types(): Types {
  const b = new BtfBuilder();
  const int = b.int('int', 4, 'signed');
  const u32 = b.int('unsigned int', 4);
  const u64 = b.int('unsigned long long', 8);
  const members = [
    { name: 'x', type: u64, bitOffset: 0, bitSize: 0 },
    { name: 'y', type: u32, bitOffset: 64, bitSize: 0 },
  ];
  const point = b.add({ kind: 'struct', name: 'point', size: 16, members });
  const n = [{ name: 'n', type: u32, bitOffset: 0, bitSize: 0 }];
  const index = b.add({ kind: 'struct', name: 'index', size: 4, members: n });
  const btf = Btf.parse(b.build(), { name: 'types' });
  const ref = (id: number): TypeRef => ({ btf, id });
  return { int: ref(int), u32: ref(u32), u64: ref(u64), point: ref(point), index: ref(index) };
}

/** A map `storage` that keeps a point for each socket, process, … that a file descriptor names. */
export function storageSpec({ int, point }: Types, type: MapTypeName): MapSpec {
  return { name: 'storage', type, key: int, value: point, maxEntries: 0, flags: MapFlags.NO_PREALLOC };
}

/** A map of an object, as what it is. */
export function mapOf<K, V, In = V>(object: BpfObject, name: string): BpfMap<K, V, In> {
  return object.maps[name] as unknown as BpfMap<K, V, In>;
}

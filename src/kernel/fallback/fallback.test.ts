import assert from 'node:assert/strict';
import test from 'node:test';
import { helperName, ProgramBuilder, R0, R1 } from '../../asm/index.ts';
import { MapFlags, type ObjectSpec } from '../../spec/index.ts';
import { everyKind } from './every-kind.test.support.ts';
import { withFallbacks } from './fallback.ts';
import type { KernelFeature } from './features.ts';

const { btf, ids } = everyKind();
const type = { btf, id: ids['int']! };

function objectSpec(): ObjectSpec {
  const b = new ProgramBuilder().call('probe_read_kernel_str').call('probe_read_user').call('ktime_get_ns');
  return {
    name: 'tested',
    license: '',
    maps: [
      { name: '.data', type: 'ARRAY', maxEntries: 1, flags: MapFlags.MMAPABLE, contents: new Uint8Array(4) },
      { name: 'mine', type: 'ARRAY', maxEntries: 1, flags: MapFlags.MMAPABLE | MapFlags.RDONLY_PROG },
      {
        name: 'outer',
        type: 'HASH_OF_MAPS',
        maxEntries: 1,
        inner: { name: 'in', type: 'HASH', maxEntries: 1 },
      },
    ],
    programs: [{ name: 'reads', section: 'socket', instructions: b.mov(R0, R1).exit().build() }],
    variables: [{ name: 'x', map: '.data', offset: 0, size: 4, type, linkage: 'global' }],
    btf,
  };
}

const without = (...features: KernelFeature[]): ObjectSpec =>
  withFallbacks(objectSpec(), (feature) => features.includes(feature));

test('a kernel that lacks nothing gets the object as it is', () => {
  assert.deepEqual(without(), objectSpec());
});

test('names are left out where the kernel has none, also of inner maps', () => {
  const { maps, programs } = without('prog_name');
  assert.deepEqual(
    [...maps, ...programs].map(({ kernelName }) => kernelName),
    ['', '', '', ''],
  );
  assert.equal(maps[2]?.inner?.kernelName, '');
});

test('global data is not mapped where arrays cannot be; a map that its author wants mapped stays', () => {
  const [data, mine] = without('array_mmap').maps;
  assert.equal(data?.flags, 0);
  assert.equal(mine?.flags, MapFlags.MMAPABLE | MapFlags.RDONLY_PROG);
});

test('helpers that tell kernel from user memory become those that do not', () => {
  const [program] = without('probe_read_kernel').programs;
  assert.deepEqual(
    program?.instructions.slice(0, 3).map(({ imm }) => helperName(imm)),
    ['probe_read_str', 'probe_read', 'ktime_get_ns'],
  );
});

test('types are left out where the kernel takes none, and simplified where it takes some', () => {
  assert.ok(!('btf' in without('btf')));
  const kept = without('btf_float').btf;
  assert.equal(kept?.type(ids['float']!).kind, 'struct');
});

test('global variables have no way around', () => {
  assert.throws(() => without('global_data'), { name: 'NotSupportedError', since: '5.2' });
  const { variables: _, ...plain } = objectSpec();
  withFallbacks(plain, (feature) => feature === 'global_data');
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ProgramBuilder, R0 } from '../../src/asm/index.ts';
import { ArgumentError, BpfSyscallError, VerifierError } from '../../src/errors/index.ts';
import { BpfMap, load, vmlinuxBtf } from '../../src/kernel/index.ts';
import { MapFlags, type MapSpec, type ObjectSpec } from '../../src/spec/index.ts';
import { objectIds } from '../../src/sys/index.ts';
import { withBpffs } from './support/bpffs.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles, until } from './support/proc.ts';
import { mapOf, types } from './support/types.ts';

const { index, u32, u64, point } = types();
const POINTS: MapSpec = { name: 'points', type: 'HASH', key: u32, value: point, maxEntries: 16 };
const PINNED: MapSpec = { ...POINTS, pinning: 'name' };

interface Point {
  readonly x: bigint;
  readonly y: number;
}

test('the kernel is told the types of keys and values, so that bpftool shows them', async () => {
  const map = BpfMap.create<number, Point>(POINTS);
  map.update(3, { x: 4n, y: 5 });
  const { id, btfId, btfKeyTypeId, btfValueTypeId } = map.info();
  assert.ok(btfId > 0);
  assert.deepEqual([btfKeyTypeId, btfValueTypeId], [u32.id, point.id]);
  const dump = JSON.parse(
    execFileSync('bpftool', ['--json', 'map', 'dump', 'id', String(id)], { encoding: 'utf8' }),
  );
  assert.deepEqual(dump[0].formatted, { key: 3, value: { x: 4, y: 5 } });
  map.close();
  // The BTF goes with the map, which the kernel frees in its own time.
  await until('the BTF to go', () => ![...objectIds('BTF')].includes(btfId));
});

test('types that the kernel does not take, or that are too large to load, are left out', () => {
  const queue = BpfMap.create<never, bigint>({ name: 'queue', type: 'QUEUE', value: u64, maxEntries: 4 });
  assert.equal(queue.info().btfId, 0);
  queue.close();
  // Of the key of an array it wants to hear that it is an int.
  const array = BpfMap.create<{ n: number }, number>({ ...POINTS, type: 'ARRAY', key: index, value: u32 });
  array.update({ n: 2 }, 3);
  assert.equal(array.lookup({ n: 2 }), 3);
  assert.equal(array.info().btfId, 0);
  array.close();
  const btf = vmlinuxBtf();
  const pid = { btf, id: btf.get('typedef', 'pid_t') };
  const map = BpfMap.create<number, number>({
    name: 'pids',
    type: 'HASH',
    key: pid,
    value: pid,
    maxEntries: 4,
  });
  map.update(-1, 7);
  assert.deepEqual([...map.entries()], [[-1, 7]]);
  assert.equal(map.info().btfId, 0);
  map.close();
});

test('NUMA node and map_extra reach the kernel', () => {
  const numa = BpfMap.create({ ...POINTS, flags: MapFlags.NUMA_NODE, numaNode: 0 });
  assert.equal(numa.info().flags, MapFlags.NUMA_NODE);
  numa.close();
  assert.throws(
    () => BpfMap.create({ ...POINTS, flags: MapFlags.NUMA_NODE, numaNode: 4000 }),
    (error) => error instanceof BpfSyscallError && error.errno === 'EINVAL',
  );
  assert.throws(() => BpfMap.create({ ...POINTS, extra: 1n }), BpfSyscallError);
});

test('a map that is pinned by name is made once, and found again with what is in it', async () => {
  await withBpffs((bpffs) => {
    const pinPath = join(bpffs, 'some', 'where');
    const first = BpfMap.create<number, Point>(PINNED, { pinPath });
    assert.equal(first.reused, false);
    first.update(1, { x: 2n, y: 3 });
    const second = BpfMap.create<number, Point>(PINNED, { pinPath });
    assert.equal(second.reused, true);
    assert.equal(second.info().id, first.info().id);
    first.close();
    second.close();
    assert.deepEqual(readdirSync(pinPath), ['points']);
    const third = BpfMap.openPinned<number, Point>(join(pinPath, 'points'), { key: u32, value: point });
    assert.deepEqual(third.lookup(1), { x: 2n, y: 3 });
    third.close();
  });
});

test('a pin of another make is refused with what differs', async () => {
  await withBpffs((bpffs) => {
    BpfMap.create(PINNED, { pinPath: bpffs }).close();
    const { key: _key, value: _value, ...bare } = PINNED;
    for (const [change, words] of [
      [{ ...PINNED, type: 'LRU_HASH' }, ['type HASH instead of LRU_HASH']],
      [{ ...PINNED, maxEntries: 17 }, ['max_entries 16 instead of 17']],
      [
        { ...bare, keySize: 8, valueSize: 4, flags: MapFlags.NO_PREALLOC },
        ['key_size 4 instead of 8', 'value_size 16 instead of 4', 'map_flags 0 instead of 1'],
      ],
    ] as const) {
      assert.throws(
        () => BpfMap.create(change, { pinPath: bpffs }),
        (error) =>
          error instanceof ArgumentError &&
          words.every((word) => error.message.includes(word)) &&
          error.remedy.includes(join(bpffs, 'points')),
      );
    }
    // Flags of the fd do not count.
    BpfMap.create({ ...PINNED, flags: MapFlags.RDONLY }, { pinPath: bpffs }).close();
    assert.throws(() => BpfMap.openPinned(join(bpffs, 'points'), { key: u64 }), ArgumentError);
  });
  assert.deepEqual(bpfFiles(), []);
});

test('a directory that is no bpffs is refused, and the map is gone', () => {
  assert.throws(
    () => BpfMap.create(PINNED, { pinPath: '/tmp' }),
    (error) => error instanceof ArgumentError && error.remedy.includes('mount -t bpf'),
  );
  assert.equal(existsSync('/tmp/points'), false);
  assert.deepEqual(bpfFiles(), []);
});

test('an object shares its pinned maps with the next one, and leaves no pin when it cannot be loaded', async () => {
  await withBpffs(async (bpffs) => {
    const pinPath = join(bpffs, 'objects');
    const good = new ProgramBuilder().mov(R0, 0).exit().build();
    const bad = new ProgramBuilder().exit().build();
    const spec = (instructions: ObjectSpec['programs'][0]['instructions']): ObjectSpec => ({
      name: 'sharing',
      license: 'Dual BSD/GPL',
      maps: [
        PINNED,
        { ...PINNED, name: 'preset', type: 'ARRAY', key: u32, value: u32, maxEntries: 1, contents: word(42) },
      ],
      programs: [{ name: 'program', section: 'socket', instructions }],
    });
    await assert.rejects(load(spec(bad), { pinPath }), VerifierError);
    assert.deepEqual(readdirSync(pinPath), []);
    const first = await load(spec(good), { pinPath });
    const preset = (object: typeof first): BpfMap<number, number> => mapOf(object, 'preset');
    assert.equal(preset(first).lookup(0), 42);
    preset(first).update(0, 43);
    await first.close();
    // What it holds is not what it held at first.
    const second = await load(spec(good), { pinPath });
    assert.equal(preset(second).lookup(0), 43);
    await second.close();
    // Only pins that the failed load made go with it.
    await assert.rejects(load(spec(bad), { pinPath }), VerifierError);
    assert.deepEqual(readdirSync(pinPath).sort(), ['points', 'preset']);
  });
  assert.deepEqual(bpfFiles(), []);
});

test('openId() opens a map of any process', () => {
  const map = BpfMap.create<number, Point>(POINTS);
  map.update(1, { x: 1n, y: 1 });
  const again = BpfMap.openId<number, Point>(map.info().id, { key: u32, value: point });
  assert.deepEqual(again.lookup(1), { x: 1n, y: 1 });
  const bytes = BpfMap.openId(map.info().id);
  assert.deepEqual(bytes.lookup(word(1))?.length, 16);
  for (const open of [map, again, bytes]) open.close();
  assert.throws(() => BpfMap.openId(2 ** 31), BpfSyscallError);
  assert.deepEqual(bpfFiles(), []);
});

function word(number: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(number).buffer);
}

import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Btf, BtfBuilder } from '../../src/btf/index.ts';
import { ArgumentError, BpfSyscallError, ClosedError } from '../../src/errors/index.ts';
import { BpfMap, possibleCpus } from '../../src/kernel/index.ts';
import type { MapSpec, TypeRef } from '../../src/spec/index.ts';
import { withBpffs } from './support/bpffs.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles } from './support/proc.ts';
import { range } from './support/producer.ts';

function types(): { u32: TypeRef; point: TypeRef } {
  const b = new BtfBuilder();
  const u32 = b.int('u32', 4);
  const u64 = b.int('u64', 8);
  const members = [
    { name: 'x', type: u64, bitOffset: 0, bitSize: 0 },
    { name: 'y', type: u32, bitOffset: 64, bitSize: 0 },
  ];
  const point = b.add({ kind: 'struct', name: 'point', size: 16, members });
  const btf = Btf.parse(b.build(), { name: 'types' });
  return { u32: { btf, id: u32 }, point: { btf, id: point } };
}

const key = (n: number): Uint8Array => new Uint8Array(new Uint32Array([n]).buffer);
const HASH: MapSpec = { name: 'hash', type: 'HASH', keySize: 4, valueSize: 8, maxEntries: 4 };

test('a hash map of bytes: update, lookup, delete, keys', () => {
  const map = BpfMap.create(HASH);
  const value = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(map.lookup(key(1)), undefined);
  map.update(key(1), value);
  map.update(key(2), new Uint8Array(8));
  assert.deepEqual(map.lookup(key(1)), value);
  assert.deepEqual([...map.keys()].map((bytes) => bytes[0]).sort(), [1, 2]);
  assert.equal(map.delete(key(1)), true);
  assert.equal(map.delete(key(1)), false);
  assert.deepEqual([...map.keys()], [key(2)]);
  map.close();
});

test('update modes: NOEXIST only makes, EXIST only changes, and a full map says ENOSPC or E2BIG', () => {
  const map = BpfMap.create(HASH);
  const value = new Uint8Array(8);
  const fails = (errno: string, work: () => void): void =>
    assert.throws(
      work,
      (error) =>
        error instanceof BpfSyscallError && error.errno === errno && error.message.includes('map hash'),
    );
  fails('ENOENT', () => map.update(key(1), value, 'EXIST'));
  map.update(key(1), value, 'NOEXIST');
  fails('EEXIST', () => map.update(key(1), value, 'NOEXIST'));
  map.update(key(1), value, 'EXIST');
  for (const n of [2, 3, 4]) map.update(key(n), value);
  fails('E2BIG', () => map.update(key(5), value));
  map.close();
});

test('keys and values typed by BTF are objects', () => {
  const { u32, point } = types();
  const map = BpfMap.create<number, { x: bigint; y: number }>({
    name: 'points',
    type: 'HASH',
    maxEntries: 10,
    key: u32,
    value: point,
  });
  map.update(7, { x: 2n ** 63n, y: 9 });
  assert.deepEqual(map.lookup(7), { x: 2n ** 63n, y: 9 });
  assert.deepEqual([...map.keys()], [7]);
  assert.equal(map.lookup(8), undefined);
  assert.equal(map.info().valueSize, 16);
  map.close();
});

test('an array has all its keys from the start, and refuses others', () => {
  const map = BpfMap.create({ name: 'array', type: 'ARRAY', keySize: 4, valueSize: 12, maxEntries: 3 });
  assert.deepEqual(map.lookup(key(2)), new Uint8Array(12));
  const value = Uint8Array.from(range(0, 12));
  map.update(key(2), value);
  assert.deepEqual(map.lookup(key(2)), value);
  assert.equal(map.lookup(key(3)), undefined);
  assert.throws(() => map.update(key(3), value), BpfSyscallError);
  assert.equal([...map.keys()].length, 3);
  map.close();
});

test('a per-CPU map has a value for each possible CPU, of a size that is no multiple of 8 too', () => {
  const { u32, point } = types();
  for (const type of ['PERCPU_ARRAY', 'PERCPU_HASH'] as const) {
    const map = BpfMap.create({ name: 'percpu', type, keySize: 4, valueSize: 12, maxEntries: 2 });
    const values = range(0, possibleCpus()).map((cpu) => new Uint8Array(12).fill(cpu + 1));
    map.perCpu.update(key(1), values);
    assert.deepEqual(map.perCpu.lookup(key(1)), values);
    assert.throws(() => map.perCpu.update(key(1), []), ArgumentError);
    assert.throws(() => map.lookup(key(1)), ArgumentError);
    assert.throws(() => map.update(key(1), values[0]!), ArgumentError);
    map.close();
  }
  const typed = BpfMap.create<number, { x: bigint; y: number }>({
    name: 'percpu',
    type: 'PERCPU_ARRAY',
    maxEntries: 1,
    key: u32,
    value: point,
  });
  const values = range(0, possibleCpus()).map((cpu) => ({ x: BigInt(cpu), y: cpu }));
  typed.perCpu.update(0, values);
  assert.deepEqual(typed.perCpu.lookup(0), values);
  typed.close();
});

test('a key or value of a wrong size never reaches the kernel, which would read beyond it', () => {
  const map = BpfMap.create(HASH);
  for (const size of [0, 3, 5]) {
    const wrong = new Uint8Array(size);
    for (const use of [
      () => map.lookup(wrong),
      () => map.update(wrong, new Uint8Array(8)),
      () => map.delete(wrong),
      () => map.update(key(1), wrong),
    ]) {
      assert.throws(
        use,
        (error) => error instanceof ArgumentError && /exactly [48] bytes/.test(error.remedy),
      );
    }
  }
  map.close();
  const plain = BpfMap.create({ name: 'plain', type: 'ARRAY', keySize: 4, valueSize: 4, maxEntries: 1 });
  assert.throws(() => plain.perCpu, ArgumentError);
  plain.close();
});

test('a pin keeps a map beyond close(), and openPinned() finds what was in it', async () => {
  await withBpffs((bpffs) => {
    const path = join(bpffs, 'kept');
    const map = BpfMap.create(HASH);
    map.update(key(9), new Uint8Array(8).fill(9));
    map.pin(path);
    assert.throws(() => map.pin(path), BpfSyscallError);
    assert.throws(() => BpfMap.openPinned(bpffs), /is no pin: it is a directory/);
    assert.throws(
      () => map.pin(join(tmpdir(), 'ringtail-no-bpffs')),
      (error) =>
        error instanceof ArgumentError &&
        error.message.includes('is not on a bpffs') &&
        error.remedy.includes('mount -t bpf'),
    );
    assert.throws(
      () => map.pin(join(bpffs, 'no', 'such')),
      (error) => error instanceof BpfSyscallError && error.errno === 'ENOENT',
    );
    map.close();
    const again = BpfMap.openPinned(path);
    assert.equal(again.name, 'hash');
    assert.deepEqual(again.lookup(key(9)), new Uint8Array(8).fill(9));
    again.close();
    assert.throws(() => BpfMap.openPinned(join(bpffs, 'none')), BpfSyscallError);
  });
  assert.deepEqual(bpfFiles(), []);
});

test('a closed map throws ClosedError', () => {
  const map = BpfMap.create(HASH);
  map.close();
  map.close();
  for (const use of [() => map.fd, () => map.info(), () => map.lookup(key(1)), () => [...map.keys()]]) {
    assert.throws(use, ClosedError);
  }
});

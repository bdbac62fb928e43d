import assert from 'node:assert/strict';
import { ArgumentError, BpfSyscallError, BusyError, ClosedError } from '../../src/errors/index.ts';
import { BpfMap, possibleCpus } from '../../src/kernel/index.ts';
import { MapFlags, type MapSpec, type MapTypeName } from '../../src/spec/index.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles } from './support/proc.ts';
import { range } from './support/producer.ts';
import { types } from './support/types.ts';

const { u32, u64 } = types();
/** Number of the loopback interface, the value of every entry of a device map here. */
const LOOPBACK = 1;

/** A map of numbers. */
function numbers(type: MapTypeName, maxEntries: number, more: Partial<MapSpec> = {}): BpfMap<number, bigint> {
  return BpfMap.create<number, bigint>({ name: 'numbers', type, maxEntries, key: u32, value: u64, ...more });
}

/** Device maps have no batch commands: their keys are listed, and everything else done, one by one. */
function devices(maxEntries: number): BpfMap<number, number> {
  return BpfMap.create({ name: 'devices', type: 'DEVMAP_HASH', maxEntries, key: u32, value: u32 });
}

const ascending = (a: number, b: number): number => a - b;

test('keys, values and entries of a hash are all that is in it, over many batches', () => {
  const map = numbers('HASH', 10_000);
  map.updateBatch(range(0, 5000).map((n) => [n, BigInt(n * n)]));
  assert.deepEqual([...map.keys()].sort(ascending), range(0, 5000));
  assert.equal(
    [...map.values()].reduce((a, b) => a + b),
    range(0, 5000).reduce((sum, n) => sum + BigInt(n * n), 0n),
  );
  for (const [key, value] of map.entries()) assert.equal(value, BigInt(key * key));
  assert.equal([...map.entries()].length, 5000);
  map.close();
});

test('an empty map has no entries', () => {
  for (const map of [numbers('HASH', 10), numbers('LRU_HASH', 10), devices(10)]) {
    assert.deepEqual([...map.keys(), ...map.values(), ...map.entries(), ...map.drain()], []);
    map.close();
  }
});

test('an array lists each index; an LRU hash keeps the youngest', () => {
  const array = numbers('ARRAY', 3000);
  array.updateBatch(range(0, 3000).map((n) => [n, BigInt(n)]));
  assert.deepEqual(
    [...array.entries()],
    range(0, 3000).map((n) => [n, BigInt(n)]),
  );
  assert.throws(() => [...array.drain()], BpfSyscallError);
  array.close();
  const lru = numbers('LRU_HASH', 1000);
  for (const n of range(0, 5000)) lru.update(n, BigInt(n));
  const left = [...lru.keys()];
  assert.ok(left.length > 0 && left.length <= 1000);
  assert.ok(left.includes(4999) && !left.includes(0));
  lru.close();
});

test('values larger than a batch may be come one by one', () => {
  const map = BpfMap.create({ name: 'large', type: 'HASH', keySize: 4, valueSize: 600_000, maxEntries: 5 });
  for (const n of range(0, 4)) map.update(Uint8Array.of(n, 0, 0, 0), new Uint8Array(600_000).fill(n));
  const seen = [...map.entries()].map(([key, value]) => [key[0], value[0], value.at(-1)]);
  assert.deepEqual(
    seen.sort((a, b) => a[0]! - b[0]!),
    range(0, 4).map((n) => [n, n, n]),
  );
  map.close();
});

test('a loop may delete what it is given; of a hash, others may delete anything and what stays comes once', () => {
  for (const map of [numbers('HASH', 6000), devices(6000)]) {
    for (const n of range(0, 3000)) (map as BpfMap<number, bigint | number>).update(n, LOOPBACK);
    const seen: number[] = [];
    for (const key of map.keys()) {
      seen.push(key);
      if (key % 3 === 0) assert.equal(map.delete(key), true);
    }
    assert.deepEqual(seen.sort(ascending), range(0, 3000));
    assert.equal([...map.keys()].length, 2000);
    map.close();
  }
  const map = numbers('HASH', 6000);
  map.updateBatch(range(0, 3000).map((n) => [n, 0n]));
  const seen: number[] = [];
  let odd = 1;
  for (const key of map.keys()) {
    seen.push(key);
    // Deletes other keys all the while, and makes new ones.
    map.deleteBatch([odd, odd + 2]);
    map.update(10_000 + odd, 0n);
    odd += 4;
  }
  const even = seen.filter((key) => key % 2 === 0 && key < 3000);
  assert.deepEqual(
    even.sort(ascending),
    range(0, 1500).map((n) => 2 * n),
  );
  map.close();
});

test('a map that is listed key by key and changes too fast is an error, not an endless loop', () => {
  const map = devices(8);
  for (const n of range(0, 4)) map.update(n, LOOPBACK);
  const listing = map.keys();
  const restart = (): void => {
    for (let seen = 0; ; seen++) {
      const { value, done } = listing.next();
      assert.ok(!done && seen < 20);
      // The key that comes next is gone when the one after it is asked for: the kernel begins anew.
      for (const key of range(0, 4)) if (key !== value) map.delete(key);
      for (const key of range(0, 4)) map.update(key, LOOPBACK);
      for (const key of range(0, 4)) if (key !== value) map.delete(key);
      map.update(4 + (seen % 2), LOOPBACK);
      map.delete(4 + ((seen + 1) % 2));
    }
  };
  assert.throws(restart, BusyError);
  map.close();
});

test('drain() takes everything out, with batch commands and without', () => {
  const map = numbers('HASH', 5000);
  map.updateBatch(range(0, 5000).map((n) => [n, BigInt(n)]));
  const taken = [...map.drain()].sort(([a], [b]) => a - b);
  assert.deepEqual(
    taken,
    range(0, 5000).map((n) => [n, BigInt(n)]),
  );
  assert.deepEqual([...map.keys()], []);
  map.close();
  const single = devices(3000);
  single.updateBatch(range(0, 3000).map((n) => [n, LOOPBACK]));
  assert.equal([...single.drain()].length, 3000);
  assert.deepEqual([...single.keys()], []);
  single.close();
});

test('lookupAndDelete() takes one key out', () => {
  const map = numbers('HASH', 10);
  map.update(1, 7n);
  assert.equal(map.lookupAndDelete(1), 7n);
  assert.equal(map.lookupAndDelete(1), undefined);
  assert.equal(map.lookup(1), undefined);
  map.close();
  const array = numbers('ARRAY', 10);
  assert.throws(() => array.lookupAndDelete(1), BpfSyscallError);
  array.close();
});

test('updateBatch() honours its mode and says why it stopped; what came before is set', () => {
  const map = numbers('HASH', 4);
  map.updateBatch([
    [1, 1n],
    [2, 2n],
  ]);
  const fails = (errno: string, work: () => void): void =>
    assert.throws(work, (error) => error instanceof BpfSyscallError && error.errno === errno);
  const three: [number, bigint][] = [
    [3, 3n],
    [2, 0n],
    [4, 4n],
  ];
  fails('EEXIST', () => map.updateBatch(three, 'NOEXIST'));
  assert.deepEqual([...map.keys()].sort(ascending), [1, 2, 3]);
  assert.equal(map.lookup(2), 2n);
  fails('ENOENT', () => map.updateBatch([[9, 9n]], 'EXIST'));
  fails('E2BIG', () => map.updateBatch(range(10, 20).map((n) => [n, 0n])));
  map.updateBatch([]);
  map.close();
});

test('deleteBatch() counts what was there, whatever is missing in between', () => {
  for (const map of [numbers('HASH', 5000), devices(5000)]) {
    for (const n of range(0, 3000)) (map as BpfMap<number, bigint | number>).update(n, LOOPBACK);
    const present = range(0, 3000).filter((n) => n % 3 !== 0);
    assert.equal(map.deleteBatch(present.flatMap((n) => [n, n + 10_000, n + 20_000])), 2000);
    assert.deepEqual(
      [...map.keys()].sort(ascending),
      range(0, 1000).map((n) => 3 * n),
    );
    assert.equal(map.deleteBatch([]), 0);
    map.close();
  }
});

test('per-CPU maps iterate and take batches too', () => {
  for (const type of ['PERCPU_HASH', 'LRU_PERCPU_HASH', 'PERCPU_ARRAY'] as const) {
    const map = BpfMap.create<number, number>({
      name: 'percpu',
      type,
      maxEntries: 100,
      key: u32,
      value: u32,
    });
    const entries = range(0, 50).map((n): [number, number[]] => [
      n,
      range(0, possibleCpus()).map((cpu) => n * 10 + cpu),
    ]);
    map.perCpu.updateBatch(entries);
    const found = [...map.perCpu.entries()].sort(([a], [b]) => a - b).slice(0, 50);
    assert.deepEqual(found, entries);
    if (type !== 'PERCPU_ARRAY') {
      assert.equal(map.deleteBatch([1, 2, 99]), 2);
      assert.deepEqual(map.perCpu.lookupAndDelete(3), entries[3]![1]);
      assert.equal([...map.perCpu.drain()].length, 47);
    }
    assert.throws(() => [...map.entries()], ArgumentError);
    assert.throws(() => map.lookup(1), ArgumentError);
    assert.throws(() => map.perCpu.perCpu, ArgumentError);
    assert.throws(() => map.perCpu.update(1, [1]), ArgumentError);
    assert.throws(() => map.perCpu.update(1, range(0, possibleCpus() + 1)), ArgumentError);
    map.perCpu.close();
    assert.throws(() => map.fd, ClosedError);
  }
});

test('a frozen map refuses to be changed, one by one and in batches, and others of its type do not', () => {
  const frozen = numbers('ARRAY', 2);
  frozen.update(0, 5n);
  frozen.freeze();
  assert.throws(() => frozen.update(0, 6n), { name: 'PermissionError' });
  assert.throws(() => frozen.updateBatch([[0, 6n]]), { name: 'PermissionError' });
  assert.deepEqual([...frozen.values()], [5n, 0n]);
  frozen.close();
  const other = numbers('ARRAY', 2);
  other.updateBatch([[1, 6n]]);
  assert.deepEqual([...other.values()], [0n, 6n]);
  other.close();
});

test('a trie is listed, drained and written in batches', () => {
  const map = BpfMap.create<{ prefixlen: number; data: Uint8Array }, number>({
    name: 'trie',
    type: 'LPM_TRIE',
    keySize: 8,
    value: u32,
    maxEntries: 2000,
    flags: MapFlags.NO_PREALLOC,
  });
  const key = (n: number) => ({ prefixlen: 32, data: Uint8Array.of(10, 0, n >> 8, n & 255) });
  map.updateBatch(range(0, 1500).map((n) => [key(n), n]));
  assert.deepEqual([...map.values()].sort(ascending), range(0, 1500));
  let seen = 0;
  for (const prefix of map.keys()) {
    seen++;
    map.delete(prefix);
  }
  assert.equal(seen, 1500);
  map.updateBatch(range(0, 1500).map((n) => [key(n), n]));
  assert.equal([...map.drain()].length, 1500);
  assert.deepEqual([...map.keys()], []);
  map.close();
});

test('types that cannot be listed, wrong sizes and closed maps are typed errors, and nothing stays open', () => {
  const queue = BpfMap.create({ name: 'queue', type: 'QUEUE', valueSize: 4, maxEntries: 4 });
  assert.throws(() => [...queue.keys()], BpfSyscallError);
  assert.throws(() => [...queue.entries()], BpfSyscallError);
  queue.close();
  const map = BpfMap.create({ name: 'bytes', type: 'HASH', keySize: 4, valueSize: 8, maxEntries: 4 });
  const four = new Uint8Array(4);
  assert.throws(() => map.updateBatch([[four, four]]), ArgumentError);
  assert.throws(() => map.updateBatch([[new Uint8Array(5), new Uint8Array(8)]]), ArgumentError);
  assert.throws(() => map.deleteBatch([new Uint8Array(3)]), ArgumentError);
  map.close();
  for (const use of [
    () => [...map.keys()],
    () => [...map.values()],
    () => [...map.entries()],
    () => [...map.drain()],
    () => map.updateBatch([[four, new Uint8Array(8)]]),
    () => map.deleteBatch([four]),
    () => map.lookupAndDelete(four),
    () => map.freeze(),
  ]) {
    assert.throws(use, ClosedError);
  }
  assert.deepEqual(bpfFiles(), []);
});

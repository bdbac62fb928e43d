import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { ProgramBuilder, R0, R1, R2, R3, R4, R6, R10 } from '../../src/asm/index.ts';
import { ArgumentError, BpfSyscallError, ClosedError } from '../../src/errors/index.ts';
import { BpfMap, type BpfObject, type HasFd, type LpmKey, load, openPidfd } from '../../src/kernel/index.ts';
import { MapFlags, type MapSpec, type ProgramSpec } from '../../src/spec/index.ts';
import { needs } from './support/needs.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles } from './support/proc.ts';
import { range } from './support/producer.ts';
import { mapOf, storageSpec, types } from './support/types.ts';

const shared = types();
const { u32, u64, point } = shared;
const word = (n: number): Uint8Array => new Uint8Array(Uint32Array.of(n).buffer);
const refuses = (errno: string, work: () => unknown): void =>
  assert.throws(work, (error) => error instanceof BpfSyscallError && error.errno === errno);

/** A `syscall` program; its context is two numbers of 64 bits, whose address is in r6. */
function syscall(name: string, write: (b: ProgramBuilder) => ProgramBuilder): ProgramSpec {
  const b = write(new ProgramBuilder().mov(R6, R1));
  return { name, section: 'syscall', instructions: b.label('out').mov(R0, 0).exit().build() };
}

/** Loads programs and maps. */
function loadAll(programs: readonly ProgramSpec[], maps: readonly MapSpec[]): Promise<BpfObject> {
  return load({ name: 'kinds', license: 'Dual BSD/GPL', maps, programs });
}

/** Runs a program. @returns its context afterwards. */
function run(object: BpfObject, name: string, first = 0n): [bigint, bigint] {
  const context = BigUint64Array.of(first, 0n);
  object.programs[name]!.run({ ctx: new Uint8Array(context.buffer) });
  return [context[0]!, context[1]!];
}

test('a trie finds the longest prefix', () => {
  const spec: MapSpec = {
    name: 'routes',
    type: 'LPM_TRIE',
    keySize: 8,
    value: u32,
    maxEntries: 16,
    flags: MapFlags.NO_PREALLOC,
  };
  const map = BpfMap.create<LpmKey, number>(spec);
  const prefix = (prefixlen: number, ...data: number[]): LpmKey => ({
    prefixlen,
    data: Uint8Array.from(data),
  });
  map.update(prefix(8, 10, 0, 0, 0), 8);
  map.update(prefix(16, 10, 1, 0, 0), 16);
  map.update(prefix(0, 0, 0, 0, 0), 0);
  assert.equal(map.lookup(prefix(32, 10, 1, 2, 3)), 16);
  assert.equal(map.lookup(prefix(32, 10, 2, 2, 3)), 8);
  assert.equal(map.lookup(prefix(32, 11, 2, 2, 3)), 0);
  assert.deepEqual(
    [...map.keys()].sort((a, b) => a.prefixlen - b.prefixlen),
    [prefix(0, 0, 0, 0, 0), prefix(8, 10, 0, 0, 0), prefix(16, 10, 1, 0, 0)],
  );
  assert.equal(map.delete(prefix(0, 0, 0, 0, 0)), true);
  assert.equal(map.lookup(prefix(32, 11, 2, 2, 3)), undefined);
  for (const bad of [prefix(33, 1, 2, 3, 4), prefix(-1, 1, 2, 3, 4), prefix(8, 1, 2, 3)]) {
    assert.throws(() => map.lookup(bad), ArgumentError);
  }
  map.close();
});

test('a queue gives back the oldest, a stack the youngest; both say when they are full or empty', () => {
  for (const [type, order, rest] of [
    ['QUEUE', [1n, 2n, 3n], [2n, 3n, 5n]],
    ['STACK', [3n, 2n, 1n], [5n, 3n, 2n]],
  ] as const) {
    const map = BpfMap.create<never, bigint>({ name: 'line', type, value: u64, maxEntries: 3 });
    assert.equal(map.pop(), undefined);
    assert.equal(map.peek(), undefined);
    for (const n of [1n, 2n, 3n]) assert.equal(map.push(n), true);
    assert.equal(map.push(4n), false);
    assert.equal(map.peek(), order[0]);
    assert.deepEqual([map.pop(), map.pop(), map.pop(), map.pop()], [...order, undefined]);
    for (const n of [1n, 2n, 3n]) map.push(n);
    assert.equal(map.push(5n, 'EXIST'), true);
    assert.deepEqual([map.pop(), map.pop(), map.pop()], rest);
    map.close();
    assert.throws(() => map.pop(), ClosedError);
  }
});

test('a Bloom filter is never wrong in saying no', () => {
  const map = BpfMap.create<never, bigint>({
    name: 'seen',
    type: 'BLOOM_FILTER',
    value: u64,
    maxEntries: 1000,
    extra: 5n,
  });
  assert.equal(map.has(1n), false);
  for (const n of range(0, 500)) map.push(BigInt(n));
  for (const n of range(0, 500)) assert.equal(map.has(BigInt(n)), true);
  const wrong = range(1000, 3000).filter((n) => map.has(BigInt(n))).length;
  assert.ok(wrong < 200, `${wrong} of 2000 not in it`);
  assert.equal(map.info().extra, 5n);
  map.close();
});

test('a map of maps takes maps, tells their ids, and opens them with the types of its blueprint', async () => {
  const inner: MapSpec = { name: 'inner', type: 'HASH', key: u32, value: point, maxEntries: 10 };
  // struct point *p = lookup(lookup(&outer, 0), 7): p->y++
  const touch = syscall('touch', (b) => {
    b.store('u32', R10, -4, 0).loadMap(R1, 'outer').mov(R2, R10).add(R2, -4).call('map_lookup_elem');
    b.jumpIf(R0, '==', 0, 'out').store('u32', R10, -8, 7).mov(R1, R0).mov(R2, R10).add(R2, -8);
    b.call('map_lookup_elem').jumpIf(R0, '==', 0, 'out').load('u32', R1, R0, 8).add(R1, 1);
    return b.store('u32', R0, 8, R1);
  });
  const types = { key: u32, value: u32 };
  for (const type of ['ARRAY_OF_MAPS', 'HASH_OF_MAPS'] as const) {
    const object = await loadAll([touch], [{ name: 'outer', type, ...types, maxEntries: 4, inner }]);
    const outer = mapOf<number, number, HasFd>(object, 'outer');
    const first = BpfMap.create<number, { x: bigint; y: number }>(inner);
    first.update(7, { x: 1n, y: 41 });
    assert.equal(outer.lookup(0), undefined);
    assert.equal(outer.openInner(0), undefined);
    outer.update(0, first);
    assert.equal(outer.lookup(0), first.info().id);
    run(object, 'touch');
    assert.deepEqual(first.lookup(7), { x: 1n, y: 42 });
    const again = outer.openInner<number, { x: bigint; y: number }>(0)!;
    assert.equal(again.info().id, first.info().id);
    assert.deepEqual([...again.entries()], [[7, { x: 1n, y: 42 }]]);
    again.close();
    assert.deepEqual([...outer.entries()], [[0, first.info().id]]);
    first.close();
    // The outer map keeps it.
    outer.openInner(0)!.close();
    assert.throws(() => outer.update(1, 5 as never), ArgumentError);
    assert.throws(() => outer.update(1, first), ClosedError);
    const other = BpfMap.create({ name: 'other', type: 'HASH', keySize: 8, valueSize: 4, maxEntries: 10 });
    refuses('EINVAL', () => outer.update(1, other));
    other.close();
    assert.equal(outer.delete(0), true);
    await object.close();
  }
});

test('a program array takes programs, and tail calls go by it', async () => {
  const socket = (name: string, b: ProgramBuilder): ProgramSpec => ({
    name,
    section: 'socket',
    instructions: b.exit().build(),
  });
  const start = (index: number): ProgramSpec =>
    socket(
      `start_${index}`,
      new ProgramBuilder().loadMap(R2, 'targets').mov(R3, index).call('tail_call').mov(R0, 99),
    );
  const target = (n: number): ProgramSpec => socket(`target_${n}`, new ProgramBuilder().mov(R0, n));
  const object = await loadAll(
    [start(0), start(3), target(7), target(8)],
    [{ name: 'targets', type: 'PROG_ARRAY', key: u32, valueSize: 4, maxEntries: 4 }],
  );
  const targets = mapOf<number, number, HasFd>(object, 'targets');
  const results = (): number[] =>
    ['start_0', 'start_3'].map(
      (name) => object.programs[name]!.run({ data: new Uint8Array(64) }).returnValue,
    );
  const [seven, eight] = [object.programs['target_7']!, object.programs['target_8']!];
  assert.deepEqual(results(), [99, 99]);
  targets.update(0, seven);
  targets.update(3, eight);
  assert.deepEqual(results(), [7, 8]);
  assert.equal(targets.lookup(3), eight.info().id);
  assert.deepEqual(
    [...targets.entries()],
    [
      [0, seven.info().id],
      [3, eight.info().id],
    ],
  );
  assert.equal(targets.delete(3), true);
  assert.deepEqual(results(), [7, 99]);
  assert.throws(() => targets.update(0, seven.info().id as never), ArgumentError);
  refuses('EINVAL', () => targets.update(0, targets));
  await object.close();
});

test('stack() gives the addresses that a program noted', async () => {
  const b = new ProgramBuilder().loadMap(R2, 'stacks').mov(R3, 0).call('get_stackid').exit();
  const note: ProgramSpec = { name: 'note', section: 'raw_tracepoint/sys_enter', instructions: b.build() };
  const spec: MapSpec = {
    name: 'stacks',
    type: 'STACK_TRACE',
    keySize: 4,
    valueSize: 8 * 50,
    maxEntries: 64,
  };
  const object = await loadAll([note], [spec]);
  const id = object.programs['note']!.run({ ctx: new Uint8Array(16) }).returnValue | 0;
  assert.ok(id >= 0, `get_stackid: ${id}`);
  const stacks = object.maps['stacks']!;
  const addresses = stacks.stack(id)!;
  assert.ok(addresses.length > 3 && addresses.length < 50);
  assert.ok(addresses.map((address) => symbolOf(address)).some((name) => /sys_bpf/.test(name)));
  assert.equal(stacks.stack((id + 1) % 64), undefined);
  assert.deepEqual(
    [...stacks.keys()].map((key) => new Uint32Array(key.buffer)[0]),
    [id],
  );
  await object.close();
});

/** The function of the kernel that an address is in. */
function symbolOf(address: bigint): string {
  symbols ??= readFileSync('/proc/kallsyms', 'utf8')
    .split('\n')
    .map((line) => [BigInt(`0x${line.slice(0, 16) || '0'}`), line.slice(19)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return symbols.findLast(([start]) => start <= address)?.[1] ?? '';
}

let symbols: (readonly [bigint, string])[] | undefined;

test('task storage is kept by process: a program and user space see the same value', async () => {
  const storage = storageSpec(shared, 'TASK_STORAGE');
  const CREATE = 1;
  // struct point *p = task_storage_get(&storage, current, 0, CREATE): p->y++
  const count = syscall('count', (b) => {
    b.call('get_current_task_btf').mov(R2, R0).loadMap(R1, 'storage').mov(R3, 0).mov(R4, CREATE);
    b.call('task_storage_get').jumpIf(R0, '==', 0, 'out').load('u32', R1, R0, 8).add(R1, 1);
    return b.store('u32', R0, 8, R1);
  });
  const object = await loadAll([count], [storage]);
  const map = mapOf<number, { x: bigint; y: number }>(object, 'storage');
  const self = openPidfd(process.pid);
  const parent = openPidfd(process.ppid);
  assert.equal(map.lookup(self), undefined);
  run(object, 'count');
  run(object, 'count');
  assert.deepEqual(map.lookup(self), { x: 0n, y: 2 });
  map.update(self, { x: 5n, y: 10 });
  run(object, 'count');
  assert.deepEqual(map.lookup(self), { x: 5n, y: 11 });
  assert.equal(map.lookup(parent), undefined);
  assert.equal(map.delete(self), true);
  assert.equal(map.delete(self), false);
  // Nobody can list the tasks that have a value.
  refuses('ENOTSUPP', () => [...map.keys()]);
  refuses('EBADF', () => map.lookup(-1));
  for (const fd of [self, parent]) closeSync(fd);
  await object.close();
  refuses('EINVAL', () => openPidfd(-1));
});

test('cgroup storage is kept by cgroup', needs('CGRP_STORAGE'), () => {
  const directory = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8'))![1]!;
  const map = BpfMap.create<number, { x: bigint; y: number }>(storageSpec(shared, 'CGRP_STORAGE'));
  const fd = openSync(directory, 'r');
  assert.equal(map.lookup(fd), undefined);
  map.update(fd, { x: 1n, y: 2 });
  assert.deepEqual(map.lookup(fd), { x: 1n, y: 2 });
  assert.equal(map.delete(fd), true);
  closeSync(fd);
  map.close();
});

test('a call that does not belong to the type says which do', () => {
  const map = BpfMap.create({ name: 'plain', type: 'HASH', keySize: 4, valueSize: 4, maxEntries: 4 });
  for (const use of [
    () => map.push(word(1)),
    () => map.pop(),
    () => map.peek(),
    () => map.has(word(1)),
    () => map.openInner(word(1)),
    () => map.stack(1),
  ]) {
    assert.throws(
      use,
      (error) =>
        error instanceof ArgumentError &&
        error.message.includes('map plain is of type HASH') &&
        /on a map of type [A-Z_]+/.test(error.remedy),
    );
  }
  map.close();
  assert.deepEqual(bpfFiles(), []);
});

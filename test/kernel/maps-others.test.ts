// Maps whose values stand for something else in the kernel: processors, devices, sockets, cgroups.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { ProgramBuilder, R1, R2 } from '../../src/asm/index.ts';
import { BpfSyscallError } from '../../src/errors/index.ts';
import { BpfMap, load, mountsOf, possibleCpus } from '../../src/kernel/index.ts';
import { MapFlags, type MapTypeName } from '../../src/spec/index.ts';
import { native } from '../../src/sys/index.ts';
import { needs } from './support/needs.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles } from './support/proc.ts';
import { range } from './support/producer.ts';
import { mapOf, storageSpec, types } from './support/types.ts';

const shared = types();
const { u32, u64 } = shared;
const [AF_INET, AF_XDP] = [2, 44];
const [SOCK_STREAM, SOCK_DGRAM, SOCK_RAW] = [1, 2, 3];

function refuses(errno: string, work: () => unknown): void {
  assert.throws(work, (error) => error instanceof BpfSyscallError && error.errno === errno);
}

/** A map of numbers by numbers. */
function numbers(type: MapTypeName): BpfMap<number, number> {
  return BpfMap.create<number, number>({ name: 'numbers', type, key: u32, value: u32, maxEntries: 4 });
}

test('an LRU hash of values for each CPU makes room for new keys', () => {
  const map = BpfMap.create<number, bigint>({
    name: 'recent',
    type: 'LRU_PERCPU_HASH',
    key: u32,
    value: u64,
    maxEntries: 64,
  });
  const valuesOf = (key: number): bigint[] => range(0, possibleCpus()).map((cpu) => BigInt(key * 1000 + cpu));
  for (const key of range(0, 200)) map.perCpu.update(key, valuesOf(key));
  const kept = [...map.perCpu.entries()];
  assert.ok(kept.length > 0 && kept.length <= 64, `${kept.length} of 64`);
  for (const [key, values] of kept) assert.deepEqual(values, valuesOf(key));
  map.close();
});

test('maps of devices take interfaces, by index and by hash', () => {
  const LOOPBACK = 1;
  for (const type of ['DEVMAP', 'DEVMAP_HASH'] as const) {
    const map = numbers(type);
    map.update(2, LOOPBACK);
    assert.equal(map.lookup(2), LOOPBACK);
    assert.deepEqual([...map.entries()], [[2, LOOPBACK]]);
    refuses('EINVAL', () => map.update(3, 0x7fff_fffe));
    assert.equal(map.delete(2), true);
    assert.equal(map.lookup(2), undefined);
    map.close();
  }
});

test('a map of processors takes the length of their queues', () => {
  const map = numbers('CPUMAP');
  map.update(0, 64);
  assert.equal(map.lookup(0), 64);
  assert.equal(map.delete(0), true);
  map.close();
});

test('a map of XDP sockets takes these and no others', needs('XSKMAP'), () => {
  const map = numbers('XSKMAP');
  const [xdp, other] = [native().socket(AF_XDP, SOCK_RAW, 0), native().socket(AF_INET, SOCK_DGRAM, 0)];
  map.update(0, xdp);
  refuses('EOPNOTSUPP', () => map.update(1, other));
  assert.equal(map.delete(0), true);
  for (const fd of [xdp, other]) closeSync(fd);
  map.close();
});

test('maps of sockets take those that listen, and tell their cookies', async () => {
  const [SOL_SOCKET, SO_REUSEPORT] = [1, 15];
  const fd = native().socket(AF_INET, SOCK_STREAM, 0);
  native().setSocketOption(fd, SOL_SOCKET, SO_REUSEPORT, new Uint8Array(Uint32Array.of(1).buffer));
  const unbound = native().socket(AF_INET, SOCK_STREAM, 0);
  // Closes it in the end.
  const server = createServer().listen({ fd });
  await once(server, 'listening');
  const cookies = (['SOCKHASH', 'REUSEPORT_SOCKARRAY'] as const).map((type) => {
    const map = BpfMap.create<number, bigint>({ name: 'sockets', type, key: u32, value: u64, maxEntries: 4 });
    map.update(1, BigInt(fd));
    const cookie = map.lookup(1);
    assert.equal(map.lookup(2), undefined);
    refuses(type === 'SOCKHASH' ? 'EOPNOTSUPP' : 'EINVAL', () => map.update(2, BigInt(unbound)));
    assert.equal(map.delete(1), true);
    map.close();
    return cookie;
  });
  assert.ok(typeof cookies[0] === 'bigint' && cookies[0] > 0n);
  assert.equal(cookies[1], cookies[0]);
  server.close();
  closeSync(unbound);
});

test('socket storage is kept by socket', () => {
  const map = BpfMap.create<number, { x: bigint; y: number }>(storageSpec(shared, 'SK_STORAGE'));
  const [one, other] = [SOCK_STREAM, SOCK_DGRAM].map((type) => native().socket(AF_INET, type, 0));
  map.update(one!, { x: 1n, y: 2 });
  assert.deepEqual(map.lookup(one!), { x: 1n, y: 2 });
  assert.equal(map.lookup(other!), undefined);
  assert.equal(map.delete(one!), true);
  assert.equal(map.lookup(one!), undefined);
  for (const fd of [one, other]) closeSync(fd!);
  map.close();
});

test('an array of cgroups takes their directories, and programs ask who is in them', async () => {
  // return current_task_under_cgroup(&cgroups, 1)
  const ask = new ProgramBuilder().loadMap(R1, 'cgroups').mov(R2, 1).call('current_task_under_cgroup').exit();
  const object = await load({
    name: 'cgroups',
    license: 'Dual BSD/GPL',
    maps: [{ name: 'cgroups', type: 'CGROUP_ARRAY', key: u32, value: u32, maxEntries: 2 }],
    programs: [{ name: 'ask', section: 'raw_tracepoint/sys_enter', instructions: ask.build() }],
  });
  const answer = (): number => object.programs['ask']!.run({ ctx: new Uint8Array(16) }).returnValue | 0;
  const EAGAIN = 11;
  assert.equal(answer(), -EAGAIN);
  const fd = openSync(mountsOf('cgroup2')[0]!, 'r');
  const map = mapOf<number, number>(object, 'cgroups');
  map.update(1, fd);
  assert.equal(answer(), 1);
  assert.equal(map.delete(1), true);
  assert.equal(answer(), -EAGAIN);
  closeSync(fd);
  await object.close();
});

test('an arena is made with its pages', needs('ARENA'), () => {
  const map = BpfMap.create({
    name: 'arena',
    type: 'ARENA',
    keySize: 0,
    valueSize: 0,
    maxEntries: 4,
    flags: MapFlags.MMAPABLE,
  });
  assert.equal(map.info().maxEntries, 4);
  map.close();
  assert.deepEqual(bpfFiles(), []);
});

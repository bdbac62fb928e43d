import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { ProgramBuilder, R0, R1, R2, R3, R6, R7, R10 } from '../../src/asm/index.ts';
import {
  ArgumentError,
  type BpfLink,
  BpfMap,
  type BpfObject,
  load,
  readIterator,
  streamIterator,
  vmlinuxBtf,
} from '../../src/index.ts';
import { mountsOf } from '../../src/kernel/index.ts';
import { needs } from './support/needs.ts';
import { kernelTest as test } from './support/privileged.ts';

/** An iterator that writes 8 bytes for each object: what `read` leaves in r7 of the object in r7. */
async function iterator(
  section: string,
  field: number,
  read: (b: ProgramBuilder) => void,
): Promise<BpfObject> {
  const b = new ProgramBuilder().mov(R6, R1).load('u64', R7, R6, field).jumpIf(R7, '==', 0, 'end');
  read(b);
  b.store('u64', R10, -8, R7).load('u64', R1, R6, 0).load('u64', R1, R1, 0);
  b.mov(R2, R10).add(R2, -8).mov(R3, 8).call('seq_write').label('end').mov(R0, 0).exit();
  const program = { name: 'walk', section, instructions: b.build() };
  return load({ name: 'walk', license: 'Dual BSD/GPL', maps: [], programs: [program] });
}

/** Thread ids. */
function tasks(section = 'iter/task'): Promise<BpfObject> {
  const btf = vmlinuxBtf();
  const pid = btf.member(btf.get('struct', 'task_struct'), 'pid').bitOffset / 8;
  return iterator(section, 8, (b) => b.load('u32', R7, R7, pid));
}

function numbers(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 8 }, (_, i) => Number(view.getBigUint64(i * 8, true)));
}

test('an iterator over tasks finds this process, at once and as a stream', async () => {
  const object = await tasks();
  const link = object.programs['walk']!.attach();
  assert.ok(numbers(readIterator(link)).includes(process.pid));
  for (let round = 0; round < 2; round++) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of streamIterator(link)) chunks.push(chunk);
    assert.ok(numbers(Buffer.concat(chunks)).includes(process.pid));
  }
  const info = link.info();
  assert.ok(info.type === 'ITER' && info.name === 'task');
  link.close();
  await object.close();
});

test('a stream left early lets go of its iterator', async () => {
  const object = await tasks();
  const link = object.programs['walk']!.attach();
  const stream = streamIterator(link)[Symbol.asyncIterator]();
  await stream.next();
  await stream.return?.();
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
  link.close();
  await assert.rejects(async () => {
    for await (const _ of streamIterator(link));
  }, /is closed/);
  await object.close();
});

test('an iterator over one task, and over the threads of one process', needs('iter.task'), async () => {
  const object = await tasks();
  const walk = (target: Parameters<typeof attach>[0]): number[] => numbers(readIterator(attach(target)));
  const links: BpfLink[] = [];
  const attach = (target: { task: { tid: number } | { pid: number } }): BpfLink => {
    const link = object.programs['walk']!.attach(target);
    links.push(link);
    return link;
  };
  assert.deepEqual(walk({ task: { tid: process.pid } }), [process.pid]);
  const threads = walk({ task: { pid: process.pid } });
  assert.ok(threads.length > 1 && threads[0] === process.pid);
  for (const link of links) link.close();
  await object.close();
});

test('an iterator over the elements of a map', async () => {
  const map = BpfMap.create({ name: 'numbers', type: 'HASH', keySize: 8, valueSize: 8, maxEntries: 10 });
  for (const n of [1n, 20n, 300n]) {
    map.update(new Uint8Array(8).fill(Number(n % 256n)), new Uint8Array(new BigUint64Array([n]).buffer));
  }
  // meta, map, key, value
  const object = await iterator('iter/bpf_map_elem', 24, (b) => b.load('u64', R7, R7, 0));
  const program = object.programs['walk']!;
  const link = program.attach({ map });
  assert.deepEqual(
    numbers(readIterator(link)).sort((a, b) => a - b),
    [1, 20, 300],
  );
  const info = link.info();
  assert.ok(info.type === 'ITER' && info.mapId === map.info().id);
  link.close();
  assert.throws(() => program.attach({ map, task: { pid: 1 } }), ArgumentError);
  assert.throws(() => program.attach({ task: { pid: -1 } }), ArgumentError);
  map.close();
  await object.close();
});

test('a cgroup that is not there', needs('iter.cgroup'), async () => {
  const object = await iterator('iter/cgroup', 8, (b) => b);
  assert.throws(() => object.programs['walk']!.attach({ cgroup: '/no/such/cgroup' }), {
    name: 'ArgumentError',
    message: /\/no\/such\/cgroup cannot be opened: ENOENT/,
  });
  await object.close();
});

test('an iterator over a cgroup and those below it', needs('iter.cgroup'), async (t) => {
  const folder = `${mountsOf('cgroup2')[0]}/ringtail-${process.pid}`;
  mkdirSync(`${folder}/below`, { recursive: true });
  t.after(() => {
    rmdirSync(`${folder}/below`);
    rmdirSync(folder);
  });
  const btf = vmlinuxBtf();
  const kn = btf.member(btf.get('struct', 'cgroup'), 'kn').bitOffset / 8;
  const id = btf.member(btf.get('struct', 'kernfs_node'), 'id').bitOffset / 8;
  const object = await iterator('iter/cgroup', 8, (b) => b.load('u64', R7, R7, kn).load('u64', R7, R7, id));
  const walk = (order: 'self_only' | 'descendants_pre'): number[] => {
    const link = object.programs['walk']!.attach({ cgroup: folder, order });
    const found = numbers(readIterator(link));
    link.close();
    return found;
  };
  const [outer, inner] = [folder, `${folder}/below`].map((path) => statSync(path).ino);
  assert.deepEqual(walk('self_only'), [outer]);
  assert.deepEqual(walk('descendants_pre'), [outer, inner]);
  await object.close();
});

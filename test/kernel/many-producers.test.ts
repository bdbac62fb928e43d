import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { ProgramBuilder, R0, R1, R2, R3, R6, R7, R8 } from '../../src/asm/index.ts';
import { load, vmlinuxBtf } from '../../src/kernel/index.ts';
import type { ObjectSpec } from '../../src/spec/index.ts';
import { type Flooded, Flooder } from './support/flooder.ts';
import { kernelTest as test } from './support/privileged.ts';
import { Producer, range } from './support/producer.ts';

const RING_SIZE = 128 * 1024;
const RECORDS = 20_000_000;

test('20 million records of producers on every CPU: none lost, none twice, each producer in order', async (t) => {
  const producer = await Producer.create(RING_SIZE);
  const { ring } = producer;
  const cpus = availableParallelism();
  const each = Math.ceil(RECORDS / cpus);
  const flooders = range(0, cpus).map((cpu) =>
    Flooder.start(ring.mapId, { cpu, producer: cpu, total: each }),
  );
  for (const flooder of flooders) await flooder.began();

  const next = new Array<number>(cpus).fill(0);
  let wrong = 0;
  const handler = (sample: { readonly producer: number; readonly sequence: number }): void => {
    const { producer: from, sequence } = sample;
    if (sequence !== next[from]) wrong++;
    next[from] = sequence + 1;
  };
  const started = performance.now();
  let total = 0;
  let results: readonly Flooded[] | undefined;
  void Promise.all(flooders.map((flooder) => flooder.ended())).then((flooded) => {
    results = flooded;
  });
  while (results === undefined || ring.stats().available > 0) {
    total += await ring.cursor.poll(handler, { timeoutMs: 100 });
    assert.equal(wrong, 0, `out of order, lost or twice, within ${total} records`);
  }
  const seconds = (performance.now() - started) / 1000;
  assert.deepEqual(
    next,
    results.map(({ sent }) => sent),
  );
  assert.ok(total >= RECORDS);
  const wraps = ring.stats().consumerPosition / BigInt(RING_SIZE);
  assert.ok(wraps > 2000n, `${wraps} times around`);
  const dropped = results.reduce((sum, result) => sum + result.dropped, 0);
  t.diagnostic(`${Math.round(total / seconds)} records/s, ${wraps} times around, ${dropped} found no room`);
  await producer.close();
});

const FORK = 1;
const EXEC = 2;

/** Tells of forks of a process and of execs of its children, in one ring. */
function familySpec(parent: number): ObjectSpec {
  const btf = vmlinuxBtf();
  const task = (member: string): number => btf.member(btf.get('struct', 'task_struct'), member).bitOffset / 8;
  const send = (b: ProgramBuilder, kind: number): ProgramBuilder =>
    b
      .loadMap(R1, 'ring')
      .mov(R2, 8)
      .mov(R3, 0)
      .call('ringbuf_reserve')
      .jumpIf(R0, '==', 0, 'out')
      .store('u32', R0, 0, kind)
      .store('u32', R0, 4, R7)
      .mov(R1, R0)
      .mov(R2, 0)
      .call('ringbuf_submit')
      .label('out')
      .mov(R0, 0)
      .exit();
  // args: struct task_struct *parent, struct task_struct *child
  const onFork = new ProgramBuilder()
    .load('u64', R6, R1, 0)
    .load('u64', R8, R1, 8)
    .load('u32', R2, R6, task('tgid'))
    .load('u32', R7, R8, task('tgid'))
    .jumpIf32(R2, '!=', parent, 'out');
  // args: struct task_struct *p, ...
  const onExec = new ProgramBuilder()
    .load('u64', R6, R1, 0)
    .load('u32', R7, R6, task('tgid'))
    .load('u64', R8, R6, task('real_parent'))
    .load('u32', R2, R8, task('tgid'))
    .jumpIf32(R2, '!=', parent, 'out');
  return {
    name: 'family',
    license: 'Dual BSD/GPL',
    maps: [{ name: 'ring', type: 'RINGBUF', maxEntries: 256 * 1024 }],
    programs: [
      { name: 'on_fork', section: 'tp_btf/sched_process_fork', instructions: send(onFork, FORK).build() },
      { name: 'on_exec', section: 'tp_btf/sched_process_exec', instructions: send(onExec, EXEC).build() },
    ],
  };
}

test('what depends on each other across CPUs arrives in order: each exec behind its fork', async () => {
  const cpus = availableParallelism();
  const children = 300;
  // taskset changes the CPU of the child, then becomes another program on that CPU: two execs, on two CPUs.
  const script = `read go; i=0; while [ $i -lt ${children} ]; do taskset -c $((i % ${cpus})) /bin/true & i=$((i+1)); done; wait`;
  const shell = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'inherit'] });
  const object = await load<{ ring: Uint8Array }>(familySpec(shell.pid!));
  object.attach();
  const forked = new Set<number>();
  const execs = new Map<number, number>();
  let early = 0;
  const ended = once(shell, 'exit').then(() => object.rings.ring.close());
  shell.stdin.end('go\n');
  for await (const batch of object.rings.ring.batches()) {
    for (const bytes of batch) {
      const [kind, pid] = new Uint32Array(bytes.buffer) as unknown as [number, number];
      if (kind === FORK) {
        forked.add(pid);
      } else {
        if (!forked.has(pid)) early++;
        execs.set(pid, (execs.get(pid) ?? 0) + 1);
      }
    }
    if (forked.size === children && [...execs.values()].filter((count) => count === 2).length === children)
      break;
  }
  await ended;
  assert.equal(forked.size, children);
  assert.deepEqual(new Set(execs.keys()), forked);
  assert.ok([...execs.values()].every((count) => count === 2));
  assert.equal(early, 0, 'execs that came before their fork');
  await object.close();
});

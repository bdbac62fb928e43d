// The type of a ring's events where its definition does not name it: inferred, or named in one of the ways that the hint tells.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { load, loadSpec } from '../../src/kernel/index.ts';
import { ringtail } from './support/cli.ts';
import { compile } from './support/compile.ts';
import { kernelTest as test } from './support/privileged.ts';
import { withTracefs } from './support/tracefs.ts';

withTracefs();

const OURS = { variables: { only_pid: process.pid } };

/** Two events of a ring: of a signal that does nothing, sent to this process twice. */
async function events<E>(ring: string, types: Readonly<Record<string, string>> = {}): Promise<E[]> {
  const object = await load<Record<string, E>>(compile('inferred.bpf.c'), { ...OURS, types });
  try {
    object.attach();
    for (let i = 0; i < 2; i++) process.kill(process.pid, 0);
    const events: E[] = [];
    await object.rings[ring]!.poll((event) => void events.push(event), { timeoutMs: 5000 });
    return events;
  } finally {
    await object.close();
  }
}

test('a ring gives typed events by the size of its records, where one struct has it', async () => {
  const calls = await events<{ pid: number; number: number; comm: string }>('kills');
  const comm = readFileSync('/proc/self/comm', 'utf8').trim();
  assert.deepEqual(calls, [
    { pid: process.pid, number: 1, comm },
    { pid: process.pid, number: 2, comm },
  ]);
});

test('a ring that two structs fit gives bytes, and a hint that has three ways to name the type', async () => {
  const file = compile('inferred.bpf.c');
  const [bytes] = await events<Uint8Array>('twins');
  assert.ok(bytes instanceof Uint8Array);
  assert.deepEqual(new BigUint64Array(bytes.buffer, bytes.byteOffset, 2)[0], BigInt(process.pid));

  const { maps } = await loadSpec(file);
  const hint = maps.find(({ name }) => name === 'twins')!.eventHint!;
  assert.match(hint, /^ring twins: 2 structs of 16 bytes \(struct first, struct second\); /);
  // The first way is in the C of the program: exec.bpf.c goes it, and gives typed events in objects.test.ts.
  assert.match(hint, /__type\(value, struct event\)/);
  assert.ok(ringtail('types', file, '-o', '/dev/null').stderr.includes(hint));
  // The others are given beside the file.
  const [named, declared] = [...hint.matchAll(/--type 'twins=(.+?)'/g)].map(([, type]) => type!);
  assert.equal(named, 'struct event');
  const pid = BigInt(process.pid);
  const first = await events('twins', { twins: named!.replace('event', 'first') });
  assert.deepEqual(first, [
    { pid, number: 1n },
    { pid, number: 2n },
  ]);
  const [event] = await events<object>('twins', { twins: declared!.replace('comm[16]', 'comm[12]') });
  assert.deepEqual(event, { pid: process.pid, comm: '' });
});

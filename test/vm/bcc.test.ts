/**
 * Probes in BCC's dialect that the machine of the other tiers may refuse, compiled beforehand. Run on another kernel:
 * `npm run test:vm`.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { unlinkSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { load } from '../../src/index.ts';

interface Event {
  readonly probe: string;
  readonly value: bigint;
  readonly pid: number;
  readonly parent: number;
}

test('every kind of probe reads what its arguments point to', async () => {
  const object = await load('dist/test-objects/bcc-probes.bpf.o');
  try {
    object.maps['wanted']!.update(0 as never, process.pid as never);
    object.attach();
    writeFileSync('/tmp/ringtail-bcc', '');
    unlinkSync('/tmp/ringtail-bcc');
    spawnSync('/bin/true');
    const events: Event[] = [];
    object.rings['out']!.consume((event) => void events.push(event as Event));
    const values = new Map<string, bigint>();
    for (const { probe, value, pid, parent } of events) {
      assert.deepEqual([pid, parent], [process.pid, process.ppid]);
      if (!values.has(probe)) values.set(probe, value);
    }
    const letter = BigInt('t'.charCodeAt(0));
    assert.deepEqual(Object.fromEntries([...values].sort()), {
      kfunc: letter,
      kprobe: letter,
      kret: 0n,
      kretf: 0n,
      lsm: 1n,
      raw: 1n,
      syscall: letter,
      tp: letter,
    });
  } finally {
    await object.close();
  }
});

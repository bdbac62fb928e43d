/** What modules add to a kernel: in this machine connection tracking is one. `npm run test:vm`. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import test from 'node:test';
import { load } from '../../src/index.ts';
import { bpfFiles } from '../kernel/support/proc.ts';

test('a program calls a function of a module', async () => {
  assert.ok(existsSync('/sys/kernel/btf/nf_conntrack'), 'nf_conntrack is a module, and is inserted');
  const object = await load('dist/test-objects/modules.bpf.o');
  const ENOENT = 2;
  const { returnValue } = object.programs['look']!.run({ data: new Uint8Array(64) });
  assert.deepEqual([returnValue, object.variables['error']!.value], [0, -ENOENT]);
  await object.close();
  assert.deepEqual(bpfFiles(), []);
});

// Storage that needs the LSM of BPF, which is on in this machine.
import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { BpfMap } from '../../src/kernel/index.ts';
import { kernelTest as test } from '../kernel/support/privileged.ts';
import { storageSpec, types } from '../kernel/support/types.ts';

test('inode storage is kept by file, however it is opened', () => {
  const map = BpfMap.create<number, { x: bigint; y: number }>(storageSpec(types(), 'INODE_STORAGE'));
  const [one, again, other] = [process.execPath, process.execPath, '/'].map((path) => openSync(path, 'r'));
  map.update(one!, { x: 1n, y: 2 });
  assert.deepEqual(map.lookup(again!), { x: 1n, y: 2 });
  assert.equal(map.lookup(other!), undefined);
  assert.equal(map.delete(one!), true);
  assert.equal(map.lookup(again!), undefined);
  for (const fd of [one, again, other]) closeSync(fd!);
  map.close();
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { after } from 'node:test';
import { ProgramBuilder, R0, R1, R2 } from '../../src/asm/index.ts';
import { ArgumentError, BpfSyscallError, load } from '../../src/index.ts';
import { mountsOf } from '../../src/kernel/index.ts';
import { Counting } from './support/counting.ts';
import { kernelTest as test } from './support/privileged.ts';
import { mapOf, types } from './support/types.ts';

const { u64 } = types();
const cgroup = `${mountsOf('cgroup2')[0]}/ringtail-links-${process.pid}`;
mkdirSync(cgroup);
after(() => rmdirSync(cgroup));

/** A process in the cgroup of the test, which makes a socket, binds it, and is told it may. @returns whether it might. */
async function makeSocket(): Promise<boolean> {
  const source = `
    process.stdin.once('data', () => {
      const server = require('node:net').createServer();
      server.once('error', () => process.exit(1));
      server.listen(0, '127.0.0.1', () => process.exit(0));
    });
    process.stdout.write('ready');`;
  const child = spawn(process.execPath, ['-e', source], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  writeFileSync(`${cgroup}/cgroup.procs`, String(child.pid));
  child.stdin.write('go');
  const [status] = (await once(child, 'exit')) as [number];
  return status === 0;
}

for (const section of ['cgroup/sock_create', 'cgroup/bind4', 'cgroup/post_bind4', 'cgroup/setsockopt']) {
  test(`${section} sees what a process of the cgroup does`, async () => {
    const counting = await Counting.load(section, { returns: 1 });
    const link = counting.program.attach({ cgroup });
    assert.equal(await makeSocket(), true);
    assert.ok(counting.runs > 0);
    const info = link.info();
    assert.ok(info.type === 'CGROUP' && info.attachType === counting.program.section.attachType);
    assert.equal(info.cgroupId, BigInt(statSync(cgroup).ino));
    link.close();
    const last = counting.runs;
    await makeSocket();
    assert.equal(counting.runs, last);
    await counting.close();
  });
}

test('a cgroup link exchanges its program without letting go, and is detached by force', async () => {
  const refuses = await Counting.load('cgroup/bind4', { returns: 0, name: 'refuse' });
  const allows = await Counting.load('cgroup/bind4', { returns: 1, name: 'allow' });
  const link = refuses.program.attach({ cgroup });
  assert.equal(await makeSocket(), false);
  assert.throws(() => link.update(allows.program, { replaces: allows.program }), /runs another program/);
  link.update(allows.program, { replaces: refuses.program });
  assert.equal(await makeSocket(), true);
  assert.equal(allows.runs, 1);
  link.update(refuses.program);
  assert.equal(await makeSocket(), false);
  link.detach();
  assert.equal(await makeSocket(), true);
  link.close();
  await refuses.close();
  await allows.close();
});

test('storage of a cgroup and a program is told to user space, of all CPUs or each', async () => {
  for (const type of ['CGROUP_STORAGE', 'PERCPU_CGROUP_STORAGE'] as const) {
    // u64 *runs = get_local_storage(&storage, 0); ++*runs; return 1
    const b = new ProgramBuilder().loadMap(R1, 'storage').mov(R2, 0).call('get_local_storage');
    b.load('u64', R1, R0, 0).add(R1, 1).store('u64', R0, 0, R1).mov(R0, 1).exit();
    const object = await load({
      name: 'storage',
      license: 'Dual BSD/GPL',
      maps: [{ name: 'storage', type, key: u64, value: u64, maxEntries: 0 }],
      programs: [{ name: 'count', section: 'cgroup/sock_create', instructions: b.build() }],
    });
    const link = object.programs['count']!.attach({ cgroup });
    assert.equal(await makeSocket(), true);
    const map = mapOf<bigint, bigint>(object, 'storage');
    const id = statSync(cgroup, { bigint: true }).ino;
    const runs = type === 'CGROUP_STORAGE' ? [map.lookup(id)!] : map.perCpu.lookup(id)!;
    assert.ok(runs.reduce((sum, count) => sum + count, 0n) > 0n);
    link.close();
    await object.close();
  }
});

test('what is no cgroup of the unified hierarchy is refused', async () => {
  const counting = await Counting.load('cgroup/sock_create', { returns: 1 });
  assert.throws(() => counting.program.attach({ cgroup: '/no/such' }), ArgumentError);
  assert.throws(() => counting.program.attach({ cgroup: '/tmp' }), BpfSyscallError);
  await counting.close();
});

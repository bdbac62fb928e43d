import assert from 'node:assert/strict';
import test from 'node:test';
import { Btf, BtfBuilder } from '../btf/index.ts';
import { exactRelease, isAtLeast, parseCpuList, parseRelease, requireKernel } from './machine.ts';
import { findOwn } from './module-types.ts';
import { identifier } from './program-btf.ts';

test('releases are read as numbers, whatever follows them', () => {
  const { major, minor, patch } = parseRelease('6.1.0-13-cloud-amd64');
  assert.deepEqual([major, minor, patch], [6, 1, 0]);
  assert.equal(parseRelease('5.15').patch, 0);
  assert.ok(isAtLeast(parseRelease('5.10.3'), 5, 8));
  assert.ok(isAtLeast(parseRelease('6.0.0'), 5, 8));
  assert.ok(!isAtLeast(parseRelease('5.7.99'), 5, 8));
});

test('a kernel that is too old is named, with the first that has the feature', () => {
  requireKernel('ring buffer', 5, 8, parseRelease('5.8.0'));
  assert.throws(() => requireKernel('ring buffer', 5, 8, parseRelease('5.4.0-150-generic')), {
    name: 'NotSupportedError',
    since: '5.8',
    message: /5\.4\.0-150-generic.*no ring buffer/,
  });
});

test('a CPU list counts up to its highest number, gaps included', () => {
  assert.equal(parseCpuList('0\n'), 1);
  assert.equal(parseCpuList('0-3\n'), 4);
  assert.equal(parseCpuList('0-1,8-11\n'), 12);
});

test('the exact version of a kernel is where its distribution tells it', () => {
  const exact = (...words: [string, string, string]): string => {
    const { major, minor, patch } = exactRelease(...words);
    return [major, minor, patch].join('.');
  };
  const debian = '#1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29)';
  assert.equal(exact('6.1.0-13-amd64', debian, ''), '6.1.55');
  const ubuntu = 'Ubuntu 5.15.0-89.99-generic 5.15.126\n';
  assert.equal(exact('5.15.0-89-generic', '#99-Ubuntu SMP', ubuntu), '5.15.126');
  assert.equal(exact('6.18.44', '#1 SMP', ''), '6.18.44');
});

test('a function of a module is found, also where the kernel has one of that name', () => {
  const kernel = new BtfBuilder();
  const type = kernel.add({ kind: 'func_proto', returnType: 0, params: [] });
  kernel.add({ kind: 'func', name: 'init', type, linkage: 'static' });
  const base = Btf.parse(kernel.build(), { name: 'vmlinux' });
  const builder = new BtfBuilder({ base });
  const own = builder.add({ kind: 'func', name: 'init', type, linkage: 'static' });
  const module = Btf.parse(builder.build(), { name: 'a module', base });
  assert.equal(findOwn(module, 'func', 'init'), own);
  assert.equal(findOwn(module, 'func', 'exit'), undefined);
  const empty = Btf.parse(new BtfBuilder({ base }).build(), { name: 'another module', base });
  assert.equal(findOwn(empty, 'func', 'init'), undefined);
});

test('names of functions are made such that the kernel takes them', () => {
  assert.deepEqual(['on_exec', '2nd-é', '', 'a.b'].map(identifier), ['on_exec', '_2nd__', '_', 'a_b']);
});

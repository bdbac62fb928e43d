import assert from 'node:assert/strict';
import { after } from 'node:test';
import { ArgumentError, load, NotFoundError, ObjectFormatError } from '../../src/index.ts';
import { UsdtSpecs } from '../../src/kernel/links/usdt-specs.ts';
import { compile } from './support/compile.ts';
import { Counting } from './support/counting.ts';
import { kernelTest as test } from './support/privileged.ts';
import { Probed } from './support/probed.ts';

const probed = new Probed();
after(() => probed[Symbol.dispose]());

test('a USDT probe runs at each of its places', async () => {
  const counting = await Counting.load(`usdt/${probed.program}:rt:plain`);
  const link = counting.program.attach();
  assert.equal(link.parts.length, 2);
  assert.throws(() => link.info(), /is 2 links/);
  probed.run(4);
  assert.equal(counting.runs, 6, 'four times at the one place, twice at the other');
  link.close();
  probed.run(4);
  assert.equal(counting.runs, 6);
  await counting.close();
});

test('a semaphore switches its probe on while it is attached', async () => {
  const counting = await Counting.load('usdt', { cookie: true });
  assert.equal(probed.run(3), 0);
  const link = counting.program.attach({
    binary: probed.program,
    provider: 'rt',
    name: 'guarded',
    cookie: 5n,
  });
  assert.equal(probed.run(3), 3);
  assert.equal(counting.runs, 3);
  assert.equal(counting.cookie, 5n);
  link.close();
  assert.equal(probed.run(3), 0);
  await counting.close();
});

test('a USDT probe that is not there: those that are', async () => {
  const counting = await Counting.load('usdt');
  const attach = (binary: string, name?: string) => () =>
    counting.program.attach({ binary, provider: 'rt', ...(name === undefined ? {} : { name }) });
  assert.throws(
    attach(probed.program, 'guarde'),
    (error) => error instanceof NotFoundError && /rt:guarded/.test(error.remedy),
  );
  assert.throws(attach(probed.library, 'plain'), NotFoundError);
  assert.throws(attach(probed.program), ArgumentError);
  assert.throws(attach('/etc/passwd', 'plain'), ObjectFormatError);
  await counting.close();
});

test('a program compiled with usdt.bpf.h reads arguments, wherever each place has them', async () => {
  const object = await load(compile('usdt.bpf.c'));
  const names = ['runs', 'narrow_sum', 'wide_sum', 'last_constant', 'last_count', 'last_cookie'];
  const values = (): unknown[] => names.map((name) => object.variables[name]!.value);
  const { on_plain, on_guarded } = object.programs;
  const plain = { binary: probed.program, provider: 'rt', name: 'plain' };
  const link = on_plain!.attach({ ...plain, cookie: 99n });
  const other = on_guarded!.attach({ ...plain, name: 'guarded' });
  probed.run(4);
  // i = 0, 1, 2, 3 at the one place, 1 and 3 at the other; the guarded probe runs last, without arguments.
  assert.deepEqual(values(), [6n, -10n, 6010n, -7n, 0n, 99n]);
  other.close();
  probed.run(1);
  assert.deepEqual(values().slice(3), [-7n, 3n, 99n]);
  link.close();
  probed.run(1);
  assert.equal(object.variables['runs']!.value, 7n);
  await object.close();
});

test('indices of arguments are used again once the link is closed', async () => {
  const object = await load(compile('usdt.bpf.c'));
  const [first, second] = [0, 1].map(() => UsdtSpecs.of(object.programs['on_plain']!)!) as [
    UsdtSpecs,
    UsdtSpecs,
  ];
  assert.deepEqual([first.add('8@%rax', 0n), first.add('', 0n), first.add('8@%rax', 0n)], [0, 1, 0]);
  assert.equal(second.add('8@%rax', 0n), 2);
  first.release();
  assert.deepEqual([second.add('4@%ebx', 0n), second.add('4@%ecx', 0n), second.add('4@%edx', 0n)], [0, 1, 3]);
  assert.throws(() => {
    for (let i = 0; i < 300; i++) second.add(`8@$${i}`, 0n);
  }, /no room for more than 256/);
  second.release();
  first.close();
  second.close();
  await object.close();
});

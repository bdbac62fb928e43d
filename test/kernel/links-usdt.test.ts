import assert from 'node:assert/strict';
import { after } from 'node:test';
import { ArgumentError, NotFoundError, ObjectFormatError } from '../../src/index.ts';
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

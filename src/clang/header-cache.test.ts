import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { afterEach, beforeEach } from 'node:test';
import { HeaderCache } from './header-cache.ts';

let parent: string;
let folder: string;
let cache: HeaderCache;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'ringtail-'));
  folder = join(parent, 'a', 'ringtail');
  cache = new HeaderCache(folder);
});
afterEach(() => rmSync(parent, { recursive: true }));

const never = (): string => assert.fail('made again');

test('what was made is kept by its key, for its user alone', () => {
  assert.equal(
    cache.get(['kernel', 'words'], () => 'struct é;\n'),
    'struct é;\n',
  );
  assert.equal(new HeaderCache(folder).get(['kernel', 'words'], never), 'struct é;\n');
  assert.equal(
    cache.get(['other kernel', 'words'], () => 'other'),
    'other',
  );
  assert.equal(
    cache.get(['kernel words'], () => 'third'),
    'third',
  );
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  const modes = readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777);
  assert.deepEqual(modes, [0o600, 0o600, 0o600]);
});

test('a damaged file is noticed and made anew', () => {
  cache.get(['key'], () => 'whole text');
  const path = join(folder, readdirSync(folder)[0]!);
  for (const damage of ['', 'x', readFileSync(path, 'utf8').slice(0, -1), `${readFileSync(path, 'utf8')}x`]) {
    writeFileSync(path, damage);
    assert.equal(
      cache.get(['key'], () => 'new text'),
      'new text',
    );
    assert.equal(cache.get(['key'], never), 'new text');
  }
});

test('the number of files is bounded, and those used last stay', () => {
  cache.get(['first'], () => 'first');
  for (let i = 0; i < 200; i++) {
    cache.get([`${i}`], () => 'text');
    cache.get(['first'], never);
  }
  assert.ok(readdirSync(folder).length <= 64);
});

test('without a folder to write to everything is made each time', () => {
  writeFileSync(join(parent, 'a'), 'a file where a folder should be');
  assert.equal(
    cache.get(['key'], () => 'one'),
    'one',
  );
  assert.equal(
    cache.get(['key'], () => 'two'),
    'two',
  );
});

test('a folder that cannot be made, such as one in /proc, is soon given up', () => {
  const nowhere = new HeaderCache('/proc/ringtail/cache');
  assert.equal(
    nowhere.get(['key'], () => 'text'),
    'text',
  );
});

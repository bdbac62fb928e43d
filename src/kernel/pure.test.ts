import assert from 'node:assert/strict';
import test from 'node:test';
import { isAtLeast, parseCpuList, parseRelease, requireKernel } from './machine.ts';

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

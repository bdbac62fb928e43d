import assert from 'node:assert/strict';
import test from 'node:test';
import {
  ArgumentError,
  BpfSyscallError,
  NotSupportedError,
  PermissionError,
  type RingtailError,
} from '../../errors/index.ts';
import { type Feature, holdsAllRights, probe } from './probe.ts';

const OLD = { since: '2.6' };
const details = { message: 'it failed', remedy: 'Mend it.', command: 'BPF_MAP_CREATE' };

let question = 0;

/** Probes twice what throws `error`, and tells how often it was tried. */
function probeTwice(error: RingtailError | undefined, feature: Feature = OLD) {
  const name = `question ${question++}`;
  let tries = 0;
  const attempt = (): void => {
    tries++;
    if (error !== undefined) throw error;
  };
  const first = probe(name, feature, attempt);
  assert.deepEqual(probe(name, feature, attempt), first);
  return { ...first, tries };
}

test('what works is remembered', () => {
  assert.deepEqual(probeTwice(undefined), { available: true, conclusive: true, since: '2.6', tries: 1 });
});

test("the kernel's no is remembered, with reason and remedy", () => {
  for (const error of [
    new BpfSyscallError({ ...details, errno: 'EINVAL' }),
    new NotSupportedError({ ...details, feature: 'it' }),
  ]) {
    assert.deepEqual(probeTwice(error), {
      available: false,
      conclusive: true,
      since: '2.6',
      reason: 'it failed',
      remedy: 'Mend it.',
      tries: 1,
    });
  }
});

test('what may pass is asked again', () => {
  for (const error of [
    ...['ENOMEM', 'EMFILE', 'ENFILE', 'EAGAIN', 'EINTR', 'EBUSY'].map(
      (errno) => new BpfSyscallError({ ...details, errno }),
    ),
    // tracefs is not mounted
    new ArgumentError(details),
  ]) {
    const { available, conclusive, tries, remedy } = probeTwice(error);
    assert.deepEqual({ available, conclusive, tries }, { available: false, conclusive: false, tries: 2 });
    assert.equal(remedy, 'Mend it.');
  }
});

test('a refusal is conclusive only where no more rights can be had, and says its likely cause', () => {
  const error = new PermissionError({ ...details, errno: 'EPERM', likely: 'the moon is full' });
  const { conclusive, reason } = probeTwice(error);
  assert.equal(conclusive, holdsAllRights());
  assert.equal(reason, 'BPF_MAP_CREATE says EPERM: the moon is full');
});

test('on a kernel older than the feature the reason is its age', () => {
  const { reason, remedy } = probeTwice(new BpfSyscallError({ ...details, errno: 'EINVAL' }), {
    since: '99.3',
  });
  assert.match(reason!, /^Linux 99\.3 brought it, this is \d/);
  assert.equal(remedy, 'Run Linux 99.3 or later.');
});

test('the build option that a feature hangs on is named', () => {
  const error = new BpfSyscallError({ ...details, errno: 'EOPNOTSUPP' });
  const { remedy } = probeTwice(error, { since: '2.6', config: 'CONFIG_FPROBE' });
  assert.equal(remedy, 'Run a kernel built with CONFIG_FPROBE=y.');
});

test('a bug is not taken for an answer', () => {
  assert.throws(() => probe('a bug', OLD, () => JSON.parse('{')), SyntaxError);
});

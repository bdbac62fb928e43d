import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import type { DoctorReport, Finding } from '../../src/tools/index.ts';
import { type Finished, RINGTAIL, ringtail } from './support/cli.ts';
import { ATTACHED, attachedByLibbpf } from './support/libbpf.ts';
import { kernelTest as test } from './support/privileged.ts';
import { asNobody } from './support/privileges.ts';

type Result = SpawnSyncReturns<string>;

const DOCTOR = [process.execPath, RINGTAIL, 'doctor'];

/** Runs a shell script in a mount namespace of its own; `"$@"` in it is `ringtail doctor`. */
function inNamespace(script: string, ...options: string[]): Result {
  const args = ['-m', 'sh', '-e', '-c', script, 'sh', ...DOCTOR, ...options];
  return spawnSync('unshare', args, { encoding: 'utf8' });
}

function doctorAs(capabilities: readonly string[], ...options: string[]): Finished {
  return asNobody(capabilities, RINGTAIL, 'doctor', ...options);
}

function reportOf({ stdout, stderr }: { stdout: string; stderr: string }): DoctorReport {
  assert.equal(stderr, '');
  return JSON.parse(stdout) as DoctorReport;
}

function about(findings: readonly Finding[], topic: string): Finding {
  return findings.find((finding) => finding.topic === topic) ?? assert.fail(`nothing about ${topic}`);
}

const MOUNT_TRACEFS = 'mount -t tracefs nodev /sys/kernel/tracing';
const MOUNT_BPFFS = 'mount -t bpf bpf /sys/fs/bpf';
const UNMOUNT = 'umount -a -t tracefs,debugfs,bpf';

test('libbpf attaches what doctor says can be attached, and nothing else', () => {
  const { attach } = reportOf(inNamespace(`${MOUNT_TRACEFS} 2>/dev/null || true; "$@"`, '--json'));
  const answers = attachedByLibbpf();
  for (const [point, section] of Object.entries(ATTACHED)) {
    const { verdict, detail } = about(attach, point);
    // libbpf does not look whether a hook that it attached to is ever called.
    const works = answers.get(section) && !detail.includes('attach but are not called');
    assert.equal(verdict, works ? 'ok' : 'fail', `${point}: ${detail}`);
  }
});

test('where execsnoop works, doctor says so and ends with 0', () => {
  const { status, stdout, stderr } = ringtail('doctor');
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /^Here and now:\n {2}✓ execsnoop {2}works: /m);
  assert.ok(!stdout.includes('\x1b'), 'colour elsewhere than on a terminal');
  const traced = ringtail('execsnoop', '--duration', '50ms');
  assert.equal(traced.status, 0, traced.stderr);
});

test('a file system that is not mounted gets a red line, and the command under it mounts it', () => {
  const { stdout } = inNamespace(`${UNMOUNT} || true; "$@" || true`);
  for (const [topic, command] of [
    ['tracefs', MOUNT_TRACEFS],
    ['bpffs', MOUNT_BPFFS],
  ] as const) {
    const lines = stdout.split('\n');
    const line = lines.findIndex((l) => l.startsWith(`  ✗ ${topic} `));
    assert.equal(lines[line + 1]?.trim(), command, stdout);
  }
  const mounted = reportOf(
    inNamespace(`${UNMOUNT} || true; ${MOUNT_TRACEFS}; ${MOUNT_BPFFS}; "$@"`, '--json'),
  );
  assert.deepEqual(about(mounted.machine, 'tracefs'), {
    topic: 'tracefs',
    verdict: 'ok',
    detail: '/sys/kernel/tracing',
  });
  assert.equal(about(mounted.machine, 'bpffs').detail, '/sys/fs/bpf');
});

test('an ordinary user is told what is missing, and nothing is claimed to be known', () => {
  const text = doctorAs([]);
  assert.equal(text.status, 1);
  assert.equal(text.stderr, '');
  assert.match(text.stdout, /✗ capabilities +lacks CAP_BPF and CAP_PERFMON\n +Run as root: sudo /);
  assert.ok(text.stdout.includes(`sudo ${DOCTOR.join(' ')}\n`), text.stdout);

  const { works, attach } = reportOf(doctorAs([], '--json'));
  assert.equal(works, false);
  const unknown = attach.filter((finding) => finding.verdict === 'warn' && finding.remedy !== undefined);
  assert.equal(unknown.length, attach.length);
});

test('CAP_BPF and CAP_PERFMON are enough for execsnoop', () => {
  const result = doctorAs(['CAP_BPF', 'CAP_PERFMON'], '--json');
  assert.equal(result.status, 0);
  const { works, machine } = reportOf(result);
  assert.equal(works, true);
  assert.equal(about(machine, 'capabilities').verdict, 'warn');
  assert.doesNotMatch(result.stdout, /all capabilities are held/);
});

test('root of a user namespace is told that its capabilities do not count', () => {
  const { status, stdout } = spawnSync('unshare', ['-Ur', ...DOCTOR], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stdout, /✗ capabilities +those of a user namespace/);
  assert.doesNotMatch(stdout, /a policy of this kernel/);
});

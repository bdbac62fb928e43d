import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { ClosedError, RelocationError } from '../../src/errors/index.ts';
import { BpfObject, load, loadSpec } from '../../src/kernel/index.ts';
import { Running, ringtail } from './support/cli.ts';
import { compile } from './support/compile.ts';
import { kernelTest as test } from './support/privileged.ts';

interface ExecEvent {
  readonly pid: number;
  readonly ppid: number;
  readonly comm: string;
  readonly filename: string;
}

const OURS = { variables: { only_ppid: process.pid } };

test('an object file loads, attaches, and its ring gives typed events', async () => {
  const object = await load<{ events: ExecEvent }>(compile('exec.bpf.c'), OURS);
  try {
    object.attach();
    const child = spawnSync('/bin/true');
    const events: ExecEvent[] = [];
    await object.rings.events.poll((event) => void events.push(event), { timeoutMs: 5000 });
    assert.deepEqual(events, [{ pid: child.pid, ppid: process.pid, comm: 'true', filename: '/bin/true' }]);
  } finally {
    await object.close();
  }
});

test('global variables are read and written while programs run, constants are set at load', async () => {
  const object = await load(compile('exec.bpf.c'), OURS);
  try {
    object.attach();
    const { seen, extra, only_ppid: only } = object.variables as Record<string, { value: unknown }>;
    assert.equal(only!.value, process.pid);
    assert.equal(seen!.value, 0n);
    spawnSync('/bin/true');
    assert.equal(seen!.value, 7n);
    extra!.value = 100;
    spawnSync('/bin/true');
    assert.equal(seen!.value, 107n);
    seen!.value = 0n;
    spawnSync('/bin/true');
    assert.equal(seen!.value, 100n);
    assert.throws(() => {
      only!.value = 1;
    }, /constant once its object is loaded/);
    await object.close();
    assert.throws(() => seen!.value, ClosedError);
  } finally {
    await object.close();
  }
});

test('a variable that is not there, and a value that does not fit, are refused before anything is loaded', async () => {
  const file = compile('exec.bpf.c');
  await assert.rejects(load(file, { variables: { only_pid: 1 } }), {
    name: 'NotFoundError',
    remedy: /only_ppid/,
  });
  await assert.rejects(load(file, { variables: { only_ppid: -1 } }), { name: 'ArgumentError' });
});

test('a field that the kernel lacks is named with its type, where the program is not guarded against it', async () => {
  const spec = await loadSpec(compile('missing-field.bpf.c'));
  const guarded = await load(spec);
  assert.ok(guarded instanceof BpfObject);
  await guarded.close();
  const all = { ...spec, programs: spec.programs.map((program) => ({ ...program, autoload: true })) };
  await assert.rejects(load(all), (error) => {
    assert.ok(error instanceof RelocationError);
    assert.match(
      error.message,
      /program unguarded needs struct task_struct.*no_such_field.*missing-field\.bpf\.c:\d+/,
    );
    return true;
  });
});

test('ringtail run prints the events of an object file', async () => {
  const file = compile('exec.bpf.c');
  const running = new Running('run', file, '--set', `only_ppid=${process.pid}`, '--max-events', '1');
  await running.ready();
  const child = spawnSync('/bin/true');
  const { stdout, stderr, status } = await running.end();
  assert.equal(status, 0, stderr);
  assert.equal(stdout.split('\n')[0], 'PID      PPID     COMM             FILENAME        ');
  const row = new RegExp(`^${child.pid} +${process.pid} +true +/bin/true +$`);
  assert.match(stdout.split('\n')[1]!, row);
  assert.match(stderr, /^1 events in .* s, losses not counted by the program\n$/);
});

test('ringtail run prints what a program submits without waking its reader', async () => {
  const file = compile('exec.bpf.c', '-DSUBMIT_FLAGS=BPF_RB_NO_WAKEUP');
  const ours = ['--set', `only_ppid=${process.pid}`];
  // Were it to sleep on, the end of its time would be the end of the wait for a row.
  const running = new Running('run', file, ...ours, '--duration', '30s');
  await running.ready();
  for (let rows = 1; rows <= 3; rows++) {
    spawnSync('/bin/true');
    await running.until((stdout) => stdout.split('\n').length > rows + 1);
  }
  assert.equal((await running.interrupt()).status, 0);
});

test('ringtail run takes the type of a ring in words of C', async () => {
  const file = compile('exec.bpf.c');
  const type = 'events=struct { u32 process; u32 parent; char name[16]; }';
  const running = new Running(
    'run',
    file,
    '--set',
    `only_ppid=${process.pid}`,
    '--type',
    type,
    '--max-events',
    '1',
  );
  await running.ready();
  spawnSync('/bin/true');
  const { stdout } = await running.end();
  assert.match(stdout, /^PROCESS +PARENT +NAME +\n\d+ +\d+ +true +\n$/);
});

test('ringtail inspect tells what an object holds, without a kernel to load it', () => {
  const file = compile('exec.bpf.c');
  const { stdout, status } = ringtail('inspect', file);
  assert.equal(status, 0);
  assert.match(stdout, /^on_exec +tp_btf\/sched_process_exec +TRACING +\d+$/m);
  assert.match(stdout, /^events +RINGBUF +262144 +- +events: struct event$/m);
  assert.match(stdout, /^only_ppid +\.rodata +const volatile __u32$/m);
  assert.match(stdout, /^on_exec +\d+ byte_off +struct task_struct\.real_parent +\d+$/m);
  const report = JSON.parse(ringtail('inspect', file, '--json').stdout);
  assert.deepEqual(report.maps[0].name, 'events');
  assert.equal(report.license, 'Dual BSD/GPL');
});

test('ringtail inspect --load tells what it took to verify a program', () => {
  const file = compile('exec.bpf.c');
  const { stdout, status } = ringtail('inspect', file, '--load');
  assert.equal(status, 0);
  assert.match(
    stdout,
    /^VERIFIED +PROCESSED +STATES +PEAK +STACK +TIME *\non_exec +\d+ +\d+ +\d+ +\d+ +\d+ us *$/m,
  );
  const { programs } = JSON.parse(ringtail('inspect', file, '--load', '--json').stdout);
  assert.ok(programs[0].verifier.processed >= programs[0].instructions / 2);
  assert.ok(!('verifier' in JSON.parse(ringtail('inspect', file, '--json').stdout).programs[0]));
});

test('ringtail run tells what its programs cost, and runs those only that are named', async () => {
  const file = compile('exec.bpf.c');
  const ours = ['--set', `only_ppid=${process.pid}`];
  const running = new Running('run', file, ...ours, '--only', 'on_exec', '--stats', '--max-events', '1');
  await running.ready();
  spawnSync('/bin/true');
  const { stderr, status } = await running.end();
  assert.equal(status, 0, stderr);
  assert.match(stderr, /\nPROGRAM +RUNS +NS\/RUN +MISSED *\non_exec +[1-9]\d* +[1-9]\d* +\d+ *\n$/);

  const unknown = ringtail('run', file, '--only', 'on_exit');
  assert.notEqual(unknown.status, 0);
  assert.match(unknown.stderr, /has no program "on_exit"\nIt has: on_exec\.\n$/);
});

test('run and inspect say in two lines what is wrong with a file', () => {
  for (const [args, cause] of [
    [['run', '/no/such.o'], /^ringtail: \/no\/such\.o cannot be read: ENOENT.*\nName a program in C/],
    [['inspect', 'package.json'], /^ringtail: package\.json: at byte 0: expected .*\n/],
    [['run', compile('missing-field.bpf.c')], /^ringtail: object .* has no ring buffer.*\nSee what it has/],
    [
      ['run', compile('exec.bpf.c'), '--type', 'rings=struct event'],
      /has no ring "rings"\nIt has: events\.\n$/,
    ],
    [['run', compile('exec.bpf.c'), '--type', 'events=struct evnt'], /has no struct "evnt"\nNear it: event/],
  ] as [string[], RegExp][]) {
    const { status, stderr } = ringtail(...args);
    assert.notEqual(status, 0);
    assert.match(stderr, cause);
    assert.equal(stderr.trimEnd().split('\n').length, 2, stderr);
  }
});

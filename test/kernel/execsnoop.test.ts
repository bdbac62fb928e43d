import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { mountsOf } from '../../src/kernel/index.ts';
import { RINGTAIL, Running, ringtail, waitForAttach } from './support/cli.ts';
import { kernelTest as test } from './support/privileged.ts';
import { asNobody } from './support/privileges.ts';

/** Only children of this process are traced. */
const OURS = ['-P', String(process.pid)];

const directory = mkdtempSync(join(tmpdir(), 'ringtail-'));
after(() => rmSync(directory, { recursive: true }));

/** A program with a path of one's own. */
function program(name: string): string {
  const path = join(directory, name);
  copyFileSync('/bin/true', path);
  return path;
}

/** Lines behind the header. */
function rows(stdout: string): string[] {
  return stdout.trimEnd().split('\n').slice(1);
}

/** Traces one exec with some options and gives its row. */
async function traceOne(options: string[], command: string, ...args: string[]): Promise<string> {
  const tracer = new Running('execsnoop', ...OURS, '--max-events', '1', ...options);
  await tracer.ready();
  spawnSync(command, args);
  const { stdout, stderr, status } = await tracer.end();
  assert.equal(status, 0, stderr);
  assert.equal(rows(stdout).length, 1, stdout);
  return rows(stdout)[0]!;
}

test('every exec is printed as PID and whole path', async () => {
  const long = program(`a-name-longer-than-fifteen-bytes-${'x'.repeat(200)}`);
  const tracer = new Running('execsnoop', ...OURS);
  await tracer.ready();
  const pids = [spawnSync('/bin/true').pid, spawnSync(long).pid, spawnSync('/bin/echo', ['hello']).pid];
  await tracer.until((stdout) => rows(stdout).length === 3);
  const { stdout, stderr, status } = await tracer.interrupt();
  assert.equal(status, 0, stderr);
  const paths = ['/bin/true', long, '/bin/echo'];
  const expected = paths.map((path, i) => `${String(pids[i]).padEnd(8)} ${path.padEnd(16)}`);
  assert.equal(stdout, ['PID      FILENAME        ', ...expected, ''].join('\n'));
  assert.match(stderr, /^3 execs in \d+\.\d s, 0 lost\n$/);
});

test('-x shows failed execs too, with RET and the path that was tried', async () => {
  const tracer = new Running('execsnoop', ...OURS, '-x', '--max-args', '5', '--max-events', '2');
  await tracer.ready();
  const missing = join(directory, 'missing');
  // spawnSync forks, and the fork's exec fails.
  spawnSync(missing, ['one', 'two words']);
  spawnSync('/bin/true');
  const { stdout, status } = await tracer.end();
  assert.equal(status, 0);
  const [failed, succeeded] = rows(stdout);
  assert.match(failed!, new RegExp(`^\\d+ +-2 ${missing} +${missing} one two words$`));
  assert.match(succeeded!, /^\d+ +0 \/bin\/true +\/bin\/true$/);
});

test('-T, -t and -U add columns', async () => {
  const row = await traceOne(['-T', '-t', '-U'], '/bin/true');
  assert.match(row, /^\d\d:\d\d:\d\d \d+\.\d{6} +0 +\d+ +\/bin\/true/);
});

test('-q quotes arguments, --max-args cuts them, and says so', async () => {
  assert.match(await traceOne(['-q'], '/bin/echo', 'a b', 'c"d'), /"\/bin\/echo" "a b" "c\\"d"$/);
  assert.match(await traceOne(['--max-args', '2'], '/bin/echo', 'a', 'b', 'c'), /\/bin\/echo a \.\.\.$/);
});

test('-n, -l, -u and -p let through what they name', async () => {
  const wanted = program('wanted');
  assert.match(
    await traceOneOf(['-n', 'want'], () => {
      spawnSync('/bin/true');
      spawnSync(wanted);
    }),
    /wanted/,
  );
  assert.match(
    await traceOneOf(['-l', '^needle$'], () => {
      spawnSync('/bin/true', ['hay']);
      spawnSync('/bin/true', ['needle']);
    }),
    /needle/,
  );
  assert.match(
    await traceOneOf(['-u', '65534', '-U'], () => {
      spawnSync('/bin/true');
      spawnSync('/bin/true', { uid: 65534 });
    }),
    /^65534 /,
  );
});

test('-p traces the execs of one process', async () => {
  // A shell that waits for a line, then becomes another program under its own PID.
  const shell = spawn('sh', ['-c', 'read line; exec /bin/true'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const tracer = new Running('execsnoop', '-p', String(shell.pid), '--max-events', '1');
  await tracer.ready();
  spawnSync('/bin/true');
  shell.stdin.end('go\n');
  const { stdout } = await tracer.end();
  assert.match(rows(stdout)[0]!, new RegExp(`^${shell.pid} +/bin/true`));
});

async function traceOneOf(options: string[], work: () => void): Promise<string> {
  const tracer = new Running('execsnoop', ...OURS, '--max-events', '1', ...options);
  await tracer.ready();
  work();
  return rows((await tracer.end()).stdout)[0]!;
}

test('-c lets through a cgroup and those below it, and --columns names it', async () => {
  const root = mountsOf('cgroup2')[0]!;
  const parent = `ringtail-test-${process.pid}`;
  const inner = join(root, parent, 'inner');
  mkdirSync(inner, { recursive: true });
  try {
    const tracer = new Running(
      'execsnoop',
      '-c',
      parent,
      '--columns',
      'filename,cgroup',
      '--max-events',
      '1',
    );
    await tracer.ready();
    spawnSync('/bin/true');
    spawnSync('sh', ['-c', `echo $$ > ${inner}/cgroup.procs; exec /bin/echo in`]);
    const { stdout } = await tracer.end();
    assert.match(rows(stdout)[0]!, new RegExp(`^/bin/echo +/${parent}/inner *$`));
  } finally {
    rmdirSync(inner);
    rmdirSync(join(root, parent));
  }
});

test('a container is named after its id in the cgroup path', async () => {
  const root = mountsOf('cgroup2')[0]!;
  const id = `${'c0ffee'.repeat(10)}c0ff`;
  const path = join(root, `docker-${id}.scope`);
  mkdirSync(path);
  try {
    const tracer = new Running(
      'execsnoop',
      '-c',
      path,
      '--columns',
      'container,filename',
      '--max-events',
      '1',
    );
    await tracer.ready();
    spawnSync('sh', ['-c', `echo $$ > ${path}/cgroup.procs; exec /bin/true`]);
    assert.match(rows((await tracer.end()).stdout)[0]!, /^c0ffeec0ffee \/bin\/true/);
  } finally {
    rmdirSync(path);
  }
});

test('--json prints a line for each event, 64-bit integers with all their digits', async () => {
  const tracer = new Running('execsnoop', ...OURS, '--json', '--max-events', '1');
  await waitForAttach(tracer.pid);
  const child = spawnSync('/bin/echo', ['a', 'b c']);
  const { stdout, status } = await tracer.end();
  assert.equal(status, 0);
  const event = JSON.parse(stdout);
  assert.equal(event.pid, child.pid);
  assert.equal(event.ppid, process.pid);
  assert.deepEqual(event.args, ['/bin/echo', 'a', 'b c']);
  assert.equal(event.comm, 'echo');
  assert.equal(event.ret, 0);
  assert.match(stdout, /"cgroupId":\d+/);
  assert.ok(Math.abs(Date.parse(event.time) - Date.now()) < 60_000);
});

test('a file name with terminal escapes is printed escaped', async () => {
  const row = await traceOne([], program('evil\x1b[31m\u202ename'));
  assert.match(row, /evil\\x1b\[31m\\u202ename/);
  assert.ok(!row.includes('\x1b'));
});

test('what the ring had no room for is counted: shown and lost add up', async () => {
  const tracer = new Running('execsnoop', ...OURS, '--buffer-size', '4K');
  await tracer.ready();
  process.kill(tracer.pid, 'SIGSTOP');
  for (let i = 0; i < 40; i++) spawnSync('/bin/true', ['x'.repeat(500)]);
  process.kill(tracer.pid, 'SIGCONT');
  await tracer.until((stdout) => rows(stdout).length > 0);
  const { stdout, stderr } = await tracer.interrupt();
  const [, shown, lost] = /^(\d+) execs in .* s, (\d+) lost$/m.exec(stderr)!.map(Number);
  assert.equal(rows(stdout).length, shown);
  assert.equal(shown! + lost!, 40);
  assert.ok(lost! > 20, `${lost} lost`);
});

test('--duration ends it, and a closed pipe does, with success', async () => {
  const { status, stderr } = ringtail('execsnoop', ...OURS, '--duration', '200ms');
  assert.equal(status, 0);
  assert.match(stderr, /^0 execs in 0\.\d s, 0 lost\n$/);
  const tracer = new Running('execsnoop', ...OURS);
  await tracer.ready();
  tracer.child.stdout!.destroy();
  spawnSync('/bin/true');
  assert.equal((await tracer.end()).status, 0);
});

test('on a terminal a status line on stderr tells events, fill and losses', () => {
  const log = join(directory, 'typescript');
  const command = `${process.execPath} bin/ringtail.js execsnoop -P ${process.pid} --duration 1200ms`;
  const { status } = spawnSync('script', ['-qec', command, log], { stdio: ['ignore', 'ignore', 'inherit'] });
  assert.equal(status, 0);
  assert.ok(readFileSync(log, 'utf8').includes('\r\x1b[K0 execs · ring 0 % full · 0 lost'));
});

test('bad input is one line of cause and one of remedy, and leaves nothing behind', async () => {
  const before = ourObjects();
  const bad: [string[], RegExp][] = [
    [['--duration', 'abc'], /^ringtail: .*--duration.*abc.*\nGive a time such as 10s/],
    [['--buffer-size', '5000'], /^ringtail: ring events: .*5000.*power of two\nUse 8192 bytes/],
    [['--buffer-size', '1K'], /^ringtail: ring events: .*1024.*page size.*\nUse 4096 bytes/],
    [['--pid', '-1'], /^ringtail: .*--pid.*\nGive a whole number/],
    [['-n', '['], /^ringtail: .*--name.*\nNot a regular expression/],
    [['--columns', 'pids'], /^ringtail: .*--columns.*\nNo column "pids"; there are pid/],
    [['-c', '/no/such'], /^ringtail: there is no cgroup \/no\/such.*\nList them/],
    [['--fast'], /^ringtail: unknown option '--fast'\nSee --help/],
  ];
  for (const [args, message] of bad) {
    const { status, stdout, stderr } = ringtail('execsnoop', ...args);
    assert.notEqual(status, 0, args.join(' '));
    assert.match(stderr, message);
    assert.equal(stderr.trimEnd().split('\n').length, 2, stderr);
    assert.equal(stdout, '');
  }
  // The kernel frees maps some time after their last fd was closed.
  while (ourObjects().some((object) => !before.includes(object))) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

/** The tracer's programs and maps on this machine, by id. */
function ourObjects(): string[] {
  const { stdout } = spawnSync('sh', ['-c', 'bpftool prog; bpftool map'], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => /name (exec|exec_failed|events|dropped|scratch) /.test(line));
}

test('an ordinary user is told the exact line that works', () => {
  const { status, stderr } = asNobody([], RINGTAIL, 'execsnoop');
  assert.equal(status, 1);
  assert.match(stderr, /lacks CAP_BPF/);
  assert.ok(stderr.includes(`sudo ${process.execPath} `), stderr);
});

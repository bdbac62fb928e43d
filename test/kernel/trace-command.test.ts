import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RINGTAIL, Running, ringtail } from './support/cli.ts';
import { kernelTest as test } from './support/privileged.ts';
import { asNobody } from './support/privileges.ts';
import { withTracefs } from './support/tracefs.ts';

withTracefs();

/** Only children of this process. */
const OURS = `ppid == ${process.pid}`;

/** Signals to this process: the argument of kill() hides the built-in. Those that end commands are left out. */
const KILLED = `pid == ${process.pid}`;

function kill(times: number, signal: number): void {
  for (let i = 0; i < times; i++) process.kill(process.pid, signal);
}

test('the command prints a table, its columns as wide as most values', async () => {
  const command = new Running(
    'trace',
    'sched:sched_process_exec',
    '--fields',
    'pid,filename,ppid',
    '--filter',
    `${OURS} && comm == "true"`,
    '--max-events',
    '1',
  );
  await command.ready();
  spawnSync('/bin/echo');
  const { pid } = spawnSync('/bin/true');
  const { stdout, stderr, status } = await command.end();
  assert.equal(status, 0, stderr);
  const row = `${String(pid).padEnd(8)} ${'/bin/true'.padEnd(16)} ${String(process.pid).padEnd(8)}`;
  assert.equal(stdout, `PID      FILENAME         PPID    \n${row}\n`);
  assert.match(stderr, /^1 events in \d+\.\d s, 0 lost\n$/);
});

test('--json has all digits of 64 bits, -p takes one process, and a kernel string is escaped in a table', async () => {
  const json = new Running(
    'trace',
    'raw_syscalls:sys_enter',
    '-p',
    String(process.pid),
    '--filter',
    'id == 62',
    '--json',
    '--max-events',
    '1',
  );
  // There is no header to wait for: called until one call was seen.
  const timer = setInterval(kill, 20, 1, 0);
  const { stdout } = await json.end();
  clearInterval(timer);
  const event = JSON.parse(stdout);
  assert.equal(event.args[0], process.pid);
  assert.match(event.time, /^\d{4}-.*Z$/);

  const evil = join(tmpdir(), 'evil\x1b[31m');
  const table = new Running(
    'trace',
    'syscalls:sys_enter_openat',
    '-p',
    String(process.pid),
    '--fields',
    'filename',
    '--filter',
    String.raw`filename == "${tmpdir()}/evil\x1b[31m"`,
    '--max-events',
    '1',
  );
  await table.ready();
  assert.throws(() => readFileSync(evil));
  assert.equal((await table.end()).stdout.split('\n')[1]!.trim(), `${tmpdir()}/evil\\x1b[31m`);
});

test('--count prints the highest first; --interval what came in each', async () => {
  const single = new Running(
    'trace',
    'syscalls:sys_enter_kill',
    '--filter',
    KILLED,
    '-p',
    String(process.pid),
    '--count',
    'sig',
  );
  await single.until((_, stderr) => stderr.includes('attached'));
  kill(2, 0);
  kill(3, 28);
  const { stdout, stderr } = await single.interrupt();
  assert.equal(stdout, ['SIG      COUNT   ', '28       3       ', '0        2       ', ''].join('\n'));
  assert.match(stderr, /5 events in \d+\.\d s, 0 lost\n$/);

  const often = new Running(
    'trace',
    'syscalls:sys_enter_kill',
    '-p',
    String(process.pid),
    '--filter',
    KILLED,
    '--count',
    '--json',
    '--interval',
    '100ms',
  );
  await often.until((_, stderr) => stderr.includes('attached'));
  const total = (stdout: string): number =>
    stdout
      .split('\n')
      .slice(0, -1)
      .reduce((sum, line) => sum + JSON.parse(line).count, 0);
  kill(2, 0);
  await often.until((stdout) => total(stdout) === 2);
  kill(3, 0);
  await often.until((stdout) => total(stdout) === 5);
  const end = await often.interrupt();
  assert.equal(total(end.stdout), 5);
  assert.match(end.stderr, /5 events in/);
});

test('--hist draws a picture', async () => {
  const command = new Running('trace', 'syscalls:sys_enter_kill', '--filter', KILLED, '--hist', 'sig');
  await command.until((_, stderr) => stderr.includes('attached'));
  kill(4, 0);
  kill(2, 28);
  const { stdout } = await command.interrupt();
  const lines = stdout.trimEnd().split('\n');
  assert.match(lines[0]!, /^ +sig +: count +distribution$/);
  assert.match(lines[1]!, /^ +0 -> 1 +: 4 +\|\*{40}\|$/);
  assert.match(lines.at(-1)!, /^ +16 -> 31 +: 2 +\|\*{20} {20}\|$/);
  assert.equal(lines.length, 6);
});

test('-l lists, and shows the fields of a single tracepoint', () => {
  const many = ringtail('trace', '-l', 'sched:sched_process_*').stdout.trimEnd().split('\n');
  assert.ok(many.length > 3 && many.every((line) => line.startsWith('tracepoint:sched:sched_process_')));
  assert.match(
    ringtail('trace', '-l', 'tp_btf:sched_process_exec').stdout,
    /^tp_btf:.*\n {4}struct task_struct \* p\n/,
  );
});

test('the examples of --help run', () => {
  const { stdout } = ringtail('trace', '--help');
  const examples = stdout.split('\n').filter((line) => line.startsWith('  ringtail trace '));
  assert.ok(examples.length > 4);
  for (const example of examples) {
    const { status, stderr } = ringtailLine(`${example} --duration 50ms`);
    assert.equal(status, 0, `${example}\n${stderr}`);
  }
});

/** Runs a line as a shell would. */
function ringtailLine(line: string): { status: number | null; stderr: string } {
  const script = line.replace('ringtail', `"${process.execPath}" "${RINGTAIL}"`);
  return spawnSync('sh', ['-c', script], { encoding: 'utf8' });
}

test('a wrong filter is shown with a caret, other errors in two lines; the exit code is not 0', () => {
  const wrong = ringtail('trace', 'sched:sched_process_exec', '--filter', 'pid != 1 && com == "sh"');
  assert.equal(wrong.status, 1);
  assert.deepEqual(wrong.stderr.trimEnd().split('\n'), [
    'ringtail: filter:1:13: tracepoint sched:sched_process_exec has no field "com"',
    '  pid != 1 && com == "sh"',
    '              ^',
    'Nearest: comm, cpu.',
  ]);
  const bad: [string[], RegExp][] = [
    [[], /^ringtail: no tracepoint is named\nList them/],
    [['sched:*'], /^ringtail: "sched:\*" is a pattern.*\nList what it matches: ringtail trace -l 'sched:\*'/],
    [['-l', 'nothing:*'], /^ringtail: no tracepoint matches/],
    [
      ['sched:sched_switch', '--count', '--hist', 'prev_pid'],
      /^ringtail: option '--count.*cannot be used with option '--hist/,
    ],
    [['sched:sched_switch', '--fields', 'a,,b'], /^ringtail: .*--fields.*\nGive names/],
    [['sched:sched_switch', '--interval', 'x'], /^ringtail: .*--interval.*\nGive a time/],
  ];
  for (const [args, message] of bad) {
    const { status, stdout, stderr } = ringtail('trace', ...args);
    assert.notEqual(status, 0, args.join(' '));
    assert.match(stderr, message);
    assert.equal(stderr.trimEnd().split('\n').length, 2, stderr);
    assert.equal(stdout, '');
  }
});

test('who may not read tracefs is told so, and can list what BTF has', () => {
  const denied = asNobody([], RINGTAIL, 'trace', '-l', 'sched:*');
  assert.equal(denied.status, 1);
  assert.match(denied.stderr, /available_events cannot be read in .*: EACCES\nRun as root/);
  assert.match(asNobody([], RINGTAIL, 'trace', '-l', 'tp_btf:sched_switch').stdout, /^tp_btf:sched_switch\n/);
});

test('without tracefs the error has the command that mounts it, and tp_btf does not need it', () => {
  const unmount =
    "for at in $(awk '$3 ~ /^(tracefs|debugfs)$/ { print $2 }' /proc/self/mounts); do umount -l $at; done";
  const without = (...args: string[]) =>
    spawnSync(
      'unshare',
      ['--mount', 'sh', '-c', `${unmount}; exec "$@"`, 'sh', process.execPath, RINGTAIL, 'trace', ...args],
      { encoding: 'utf8' },
    );
  assert.match(
    without('sched:sched_switch').stderr,
    /tracefs is not mounted.*\nMount it: mount -t tracefs nodev/,
  );
  const { status, stderr } = without(
    'tp_btf:sched_process_exec',
    '-p',
    String(process.pid),
    '--duration',
    '100ms',
  );
  assert.equal(status, 0, stderr);
});

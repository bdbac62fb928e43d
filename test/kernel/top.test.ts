import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { BpfMap, haveAttach, type RingsReport } from '../../src/index.ts';
import { RINGTAIL, ringtail } from './support/cli.ts';
import { kernelTest as test } from './support/privileged.ts';
import { until } from './support/proc.ts';
import { PAGE, Producer } from './support/producer.ts';
import { Terminal } from './support/terminal.ts';

const ENTERED = '\x1b[?1049h';
const RESTORED = '\x1b[?7h\x1b[?25h\x1b[?1049l';

/** Whether the terminal is as it was before: echo and line editing on, the alternate screen left. */
function assertRestored(terminal: Terminal, status: number): void {
  const { output } = terminal;
  const [, after] = output.split(RESTORED);
  assert.ok(after !== undefined, 'the screen was not left');
  assert.match(after, new RegExp(`^status ${status}\r\n`));
  assert.match(after, / icanon /);
  assert.match(after, / echo /);
}

/** A ring that nobody else's test has. */
function makeRing(name: string): BpfMap {
  return BpfMap.create({ name, type: 'RINGBUF', maxEntries: 16 * PAGE });
}

test('top --once prints a table, --json reports, --advise sizes', async () => {
  await using producer = await Producer.create(PAGE);
  producer.sendRange(0, 4);
  const id = String(producer.ring.mapId);
  const line = (...args: string[]): string => {
    const { status, stdout, stderr } = ringtail('top', '--once', '--interval', '100ms', ...args);
    assert.equal(status, 0, stderr);
    return stdout.split('\n').find((row) => row.trim().startsWith(`${id} `)) ?? stdout;
  };
  assert.match(line(), new RegExp(`^ *${id} ring +\\S+/${process.pid} +4K +2% +0 +0 +64 +64 +- +off$`));
  assert.match(line('--advise'), new RegExp(`^ *${id} ring .* 4K +0 +64 +- +4K$`));
  const { rings } = JSON.parse(line('--json')) as { rings: { id: number; producerPosition: number }[] };
  assert.equal(rings.find((ring) => String(ring.id) === id)?.producerPosition, 64);
});

test('with --drops the column has counts or says that there are none to be had', () => {
  const map = makeRing('tops_drops');
  const { stdout, stderr } = ringtail('top', '--once', '--drops', '--interval', '100ms');
  const row = stdout.split('\n').find((line) => line.includes(' tops_drops '))!;
  const isCounted = haveAttach('fexit').available;
  assert.match(row, isCounted ? / 0$/ : / n\/obs$/, stderr);
  assert.match(stdout, isCounted ? /\d\n$/ : /\ndrops are not observable: .*\w{4,}.*\n$/);
  map.close();
});

test('without iterators rings are looked at by their ids, and top and exporter say why', () => {
  const map = makeRing('tops_by_ids');
  // The kernel's types are what iterators are made of.
  const hidden = 'mount --bind /dev/null /sys/kernel/btf/vmlinux';
  const run = (script: string): string => {
    const args = ['--mount', 'sh', '-c', `${hidden}; ${script}`, 'sh', process.execPath, RINGTAIL];
    const { status, stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout + stderr;
  };
  const table = run('"$@" top --once --interval 100ms');
  assert.match(table, new RegExp(`\\b${map.info().id} tops_by_ids +\\? +64K`));
  const why = /rings are looked at one by one, by their ids: .*vmlinux.*\n$/;
  assert.match(table, why);
  const report = JSON.parse(run('"$@" top --once --json --interval 100ms')) as RingsReport;
  assert.equal(report.method, 'ids');
  assert.match(report.methodReason!, /vmlinux/);
  assert.match(run('timeout --preserve-status -s INT 3 "$@" exporter --listen 0'), why);
  map.close();
});

test('an option that cannot be', () => {
  const { status, stderr } = ringtail('top', '--sort', 'stal');
  assert.equal(status, 2);
  assert.match(stderr, /No column "stal"; there are stall/);
});

test('keys filter, mark, open and close a ring; q ends and the terminal is as before', async () => {
  const maps = [makeRing('tops_a'), makeRing('tops_b')];
  const terminal = new Terminal('top --interval 100ms --sort name', { after: 'stty -a' });
  await terminal.until('a frame', (screen) => screen.includes('ringtail top'));
  // Before anything else: others may have more rings than there are lines.
  terminal.press('/tops_\r');
  await terminal.until('both rings', (screen) => screen.includes('tops_a') && screen.includes('tops_b'));
  assert.equal(terminal.lines.length, 24);
  for (const line of terminal.lines) assert.ok(line.length <= 80, line);
  assert.match(
    terminal.lines[1]!,
    /^ +ID NAME +OWNER +SIZE +FILL +IN\/s +OUT\/s +UNREAD +MAX +STALL +DROPS$/,
  );
  await terminal.until('the filter', (screen) => /filter "tops_"/.test(screen));
  await terminal.until(
    'only these rings',
    () => terminal.lines.slice(2, 5).filter((line) => line !== '').length === 2,
  );
  terminal.press('\x1b[B\x1b[B');
  await terminal.until('the mark', (screen) => /^>.*tops_b/m.test(screen));
  terminal.press('\r');
  await terminal.until(
    'the ring alone',
    (screen) =>
      new RegExp(`processes +node/${process.pid}`).test(screen) &&
      /ring +tops_b \(id \d+\), RINGBUF, 64K/.test(screen),
  );
  terminal.press('q');
  await terminal.until('the table', (screen) => screen.includes('OWNER'));
  terminal.press(' ');
  await terminal.until('the pause', (screen) => screen.includes('PAUSED'));
  terminal.press('q');
  await terminal.ended;
  assertRestored(terminal, 0);
  for (const map of maps) map.close();
});

for (const [what, end, status] of [
  ['Ctrl-C', (terminal: Terminal) => terminal.press('\x03'), 0],
  ['SIGTERM', (terminal: Terminal) => process.kill(terminal.pid, 'SIGTERM'), 0],
  ['SIGHUP', (terminal: Terminal) => process.kill(terminal.pid, 'SIGHUP'), 0],
] as const) {
  test(`the terminal is as before after ${what}`, async () => {
    const terminal = new Terminal('top --interval 100ms', { after: 'stty -a' });
    await terminal.until('a frame', (screen) => screen.includes('ringtail top'));
    end(terminal);
    await terminal.ended;
    assert.equal(terminal.output.split(ENTERED).length, 2);
    assertRestored(terminal, status);
  });
}

test('a new size and coming back after a stop draw everything anew', async (t) => {
  const terminal = new Terminal('top --interval 100ms', { after: 'stty -a' });
  await terminal.until('a frame', (screen) => screen.includes('ringtail top'));
  const { pid, shell } = terminal;
  // A stopped process does not notice that its terminal is gone.
  t.after(() => {
    if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
  });
  const tty = readlinkSync(`/proc/${terminal.pid}/fd/1`);
  assert.equal(spawnSync('stty', ['-F', tty, 'rows', '10', 'cols', '120']).status, 0);
  await terminal.until('the wider table', (screen) => /FILL {2,}IN/.test(screen) || /DROPS$/m.test(screen));
  await until('a foot at line 10', () => terminal.output.includes('\x1b[10;1H←→'));
  process.kill(terminal.pid, 'SIGTSTP');
  await until('it to stop', () => /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
  await until('it to come back', () => {
    // `script` stops with its children, and would continue them one by one.
    for (const each of [terminal.child.pid!, shell, pid]) process.kill(each, 'SIGCONT');
    return terminal.output.split(ENTERED).length === 3;
  });
  await terminal.until('frames again', () => terminal.output.split(ENTERED)[2]!.includes('ringtail top'));
  terminal.press('q');
  await terminal.ended;
  // Left before it stopped, and at the end.
  assert.equal(terminal.output.split(RESTORED).length, 3);
  assert.match(terminal.output, /status 0\r\n/);
});

test('a frame that changes little is small, and comes in one piece', async () => {
  const terminal = new Terminal('top --interval 200ms');
  await terminal.until('a frame', (screen) => screen.includes('ringtail top'));
  const first = terminal.output.length;
  const [, time] = /top (\S+)/.exec(terminal.lines[0]!)!;
  await terminal.until('the next second', () => !terminal.lines[0]!.includes(time!));
  assert.ok(terminal.output.slice(first).includes('\x1b[?2026h'));
  terminal.press('q');
  await terminal.ended;
  // Nothing is cleared but at the start.
  assert.equal(terminal.output.split('\x1b[2J').length - 1, 2);
});

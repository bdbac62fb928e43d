import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { runExample } from './support/example.ts';
import { kernelTest } from './support/privileged.ts';
import { withTracefs } from './support/tracefs.ts';

withTracefs();

const PID = process.pid;
const signal = (times = 1): void => {
  for (let i = 0; i < times; i++) process.kill(PID, 0);
};
const devNull = openSync('/dev/null', 'w');

/** What each example shall see, and what it prints of that. */
const EXAMPLES: Readonly<Record<string, { act: () => void; expected: RegExp }>> = {
  execve: {
    act: () => spawnSync('/bin/true'),
    expected: new RegExp(`^PID .*\\n\\d+ +${PID} +\\S+ +/bin/true$`, 'm'),
  },
  'ring-output': { act: signal, expected: new RegExp(`^${PID} +${PID} +0$`, 'm') },
  'ring-reserve': {
    act: () => existsSync('/nonexistent') || readFileSync('/etc/hostname'),
    expected: new RegExp(`^${PID} +no +/etc/hostname$`, 'm'),
  },
  'ring-discard': {
    act: () => {
      readFileSync('/proc/self/stat');
      readFileSync('/etc/hostname');
    },
    expected: new RegExp(`^${PID} +/etc/hostname \\([1-9]\\d* discarded before\\)$`, 'm'),
  },
  'ring-query': {
    act: () => {
      // Records of 24 bytes with their headers: the 87th finds 2048 waiting.
      for (let i = 0; i < 100; i++) writeSync(devNull, '12345678');
    },
    expected: /^(8[7-9]|9\d|1\d\d) records at once, \d+ writes of \d+ bytes in all, 0 lost$/m,
  },
  'perf-output': { act: signal, expected: new RegExp(`^\\d+ +${PID} +${PID} +\\S+$`, 'm') },
  histogram: {
    act: () => {
      for (let i = 0; i < 20; i++) writeSync(devNull, 'x'.repeat(100));
    },
    expected: new RegExp(`^fd = ${devNull}\\n +bytes .*\\n +64 -> 127 +: 20 +\\|\\*{40}\\|$`, 'm'),
  },
  stacks: {
    act: signal,
    expected: new RegExp(`^process ${PID}\\n( +.* \\[kernel\\]\\n)+ +(__)?kill \\[libc\\.so\\.6\\]$`, 'm'),
  },
  'helpers-by-hand': { act: signal, expected: new RegExp(`^${PID} +${process.ppid}$`, 'm') },
  tracepoint: {
    act: () => signal(500),
    expected: new RegExp(`^${PID} +${process.arch === 'x64' ? 62 : 129} +500$`, 'm'),
  },
  'raw-tracepoint': {
    act: () => spawnSync('/bin/sh', ['-c', 'exit 7']),
    expected: /^\d+ +7 +\d+\.\d{3}$/m,
  },
  uprobe: {
    act: () => process.env['RINGTAIL_EXAMPLE'],
    expected: new RegExp(`^${PID} +RINGTAIL_EXAMPLE$`, 'm'),
  },
  uretprobe: {
    act: () => {
      process.env['RINGTAIL_EXAMPLE'] = 'its value';
      assert.equal(process.env['RINGTAIL_EXAMPLE'], 'its value');
    },
    expected: new RegExp(`^${PID} +\\d+ +its value$`, 'm'),
  },
  'perf-event': {
    act: () => {
      const end = performance.now() + 300;
      while (performance.now() < end);
    },
    expected: new RegExp(`^[1-9]\\d* +${PID} +\\S+$`, 'm'),
  },
};

/** Run on the second kernel: test/vm/bcc-examples.test.ts. */
const ELSEWHERE = ['kprobe', 'kretprobe', 'kfunc', 'lsm'];

kernelTest('every example has a test', () => {
  const files = readdirSync('examples/bcc').map((file) => file.replace(/\.ts$/, ''));
  assert.deepEqual(files.sort(), [...Object.keys(EXAMPLES), ...ELSEWHERE].sort());
});

for (const [name, { act, expected }] of Object.entries(EXAMPLES)) {
  kernelTest(`examples/bcc/${name}.ts`, async () => {
    await runExample(name, act, expected);
  });
}

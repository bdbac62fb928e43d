import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { load } from '../../src/kernel/index.ts';
import {
  listFields,
  listTracepoints,
  type TraceEvent,
  type TraceOptions,
  type Tracer,
  trace,
  traceCount,
  traceHistogram,
} from '../../src/tools/index.ts';
import { streamObject } from '../../src/tools/trace/program.ts';
import { streamLayout } from '../../src/tools/trace/record.ts';
import { select } from '../../src/tools/trace/tracer.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles } from './support/proc.ts';
import { withTracefs } from './support/tracefs.ts';

withTracefs();

const directory = mkdtempSync(join(tmpdir(), 'ringtail-'));
after(() => rmSync(directory, { recursive: true }));

/** Only children of this process, or the process itself. */
const OURS = `ppid == ${process.pid}`;
const SELF = { pid: process.pid };

/** The first `count` events that come of some work. */
async function eventsOf(options: TraceOptions, work: () => void, count = 1): Promise<TraceEvent[]> {
  const tracer = await trace(options);
  try {
    work();
    return await take(tracer, count);
  } finally {
    await tracer.close();
  }
}

async function take(tracer: Tracer, count: number): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  for await (const batch of tracer.batches()) {
    events.push(...batch);
    if (events.length >= count) break;
  }
  assert.equal(events.length, count);
  return events;
}

function kill(times: number, signal: number): void {
  for (let i = 0; i < times; i++) process.kill(process.pid, signal);
}

test('fields of a record come with their types: numbers, __data_loc strings, built-ins', async () => {
  const fields = ['time', 'ns', 'pid', 'tid', 'ppid', 'uid', 'cpu', 'cgroup', 'comm', 'filename', 'old_pid'];
  let child = 0;
  const before = Date.now();
  const [event] = await eventsOf({ target: 'sched:sched_process_exec', fields, filter: OURS }, () => {
    child = spawnSync('/bin/true').pid;
  });
  assert.deepEqual(Object.keys(event!), fields);
  const { time, ns, cpu, cgroup, ...rest } = event!;
  assert.deepEqual(rest, {
    pid: child,
    tid: child,
    ppid: process.pid,
    uid: 0,
    comm: 'true',
    filename: '/bin/true',
    old_pid: child,
  });
  assert.ok(time instanceof Date && Math.abs(time.getTime() - before) < 60_000);
  assert.ok(typeof ns === 'bigint' && ns < process.hrtime.bigint());
  assert.ok(typeof cpu === 'number' && typeof cgroup === 'bigint');
});

test('a long path is whole, and strings of several events do not mix', async () => {
  const names = ['a'.repeat(200), 'b', 'c'.repeat(120)].map((name) => join(directory, name));
  for (const name of names) writeFileSync(name, '#!/bin/true\n', { mode: 0o755 });
  const options = {
    target: 'sched:sched_process_exec',
    fields: ['filename', 'comm'],
    filter: `${OURS} && filename =~ "${directory}*"`,
  };
  const events = await eventsOf(options, () => names.map((name) => spawnSync(name)), 3);
  assert.deepEqual(
    events,
    names.map((filename) => ({ filename, comm: filename.slice(directory.length + 1).slice(0, 15) })),
  );
});

test('char arrays are strings, arrays of numbers are arrays, and a field hides the built-in of its name', async () => {
  const sleeper = spawn('sleep', ['60']);
  await once(sleeper, 'spawn');
  const target = 'signal:signal_generate';
  const [sent] = await eventsOf({ target, filter: `pid == ${sleeper.pid} && sig == 28`, ...SELF }, () => {
    process.kill(sleeper.pid!, 28);
  });
  sleeper.kill();
  // The record's own pid and comm are those of the receiver; `time` is the built-in.
  assert.deepEqual(Object.keys(sent!).slice(0, 2), ['time', 'sig']);
  assert.deepEqual([sent!['pid'], sent!['comm']], [sleeper.pid, 'sleep']);
  const [called] = await eventsOf({ target: 'raw_syscalls:sys_enter', filter: 'id == 62', ...SELF }, () =>
    kill(1, 0),
  );
  assert.equal(called!['id'], 62n);
  assert.deepEqual((called!['args'] as bigint[]).slice(0, 2), [BigInt(process.pid), 0n]);
});

test('a system call has its arguments by their C types, and its strings from user memory', async () => {
  const path = join(directory, 'missing-ü');
  const target = 'tracepoint:syscalls:sys_enter_openat';
  const [event] = await eventsOf({ target, filter: `filename == "${path}" && dfd == -100`, ...SELF }, () => {
    assert.throws(() => readFileSync(path));
  });
  const { time: _, pid: __, comm: ___, ...own } = event!;
  assert.deepEqual(own, { dfd: -100, filename: path, flags: 0x80000, mode: 0 });
});

test('arguments of raw tracepoints are followed by path, by plain loads and by helper alike', async () => {
  const fields = [
    'p.comm',
    'p.tgid',
    'p.real_parent.tgid',
    'bprm.filename',
    'old_pid',
    'p.mm.exe_file.f_path.dentry.d_name.name',
    'p.sched_reset_on_fork',
    'p.in_execve',
  ];
  for (const kind of ['tp_btf', 'raw_tracepoint']) {
    let child = 0;
    const filter = `p.real_parent.tgid == ${process.pid} && bprm.filename =~ "/bin/*" && p.in_execve`;
    const options = { target: `${kind}:sched_process_exec`, fields, filter };
    const [event] = await eventsOf(options, () => {
      child = spawnSync('/bin/true').pid;
    });
    assert.deepEqual(
      Object.values(event!),
      ['true', child, process.pid, '/bin/true', child, 'true', 0, 1],
      kind,
    );
    assert.deepEqual(Object.keys(event!), fields);
  }
});

test('a NULL pointer on a path makes 0 and empty strings', async () => {
  // A task that is freed has given up its memory.
  const name = join(directory, 'nullpath');
  copyFileSync('/bin/true', name);
  for (const kind of ['tp_btf', 'raw_tracepoint']) {
    const fields = ['p.mm.arg_start', 'p.mm.exe_file.f_path.dentry.d_name.name', 'p.mm', 'p.comm'];
    const options = {
      target: `${kind}:sched_process_free`,
      fields,
      filter: 'p.comm == "nullpath" && p.mm.arg_start == 0',
    };
    const [event] = await eventsOf(options, () => spawnSync(name));
    assert.deepEqual(Object.values(event!), [0n, '', 0n, 'nullpath'], kind);
  }
});

test('by default events tell when, who, and all that the tracepoint tells', async () => {
  const [own] = await eventsOf({ target: 'sched:sched_process_exec', filter: OURS }, () =>
    spawnSync('/bin/true'),
  );
  assert.deepEqual(Object.keys(own!), ['time', 'comm', 'filename', 'pid', 'old_pid']);
  const [raw] = await eventsOf({ target: 'tp_btf:sched_process_exec', filter: OURS }, () =>
    spawnSync('/bin/true'),
  );
  assert.deepEqual(Object.keys(raw!), ['time', 'pid', 'comm', 'p', 'old_pid', 'bprm']);
  assert.ok((raw!['p'] as bigint) > 1n << 63n);
});

test('what the ring had no room for is counted', async () => {
  const tracer = await trace({ target: 'syscalls:sys_enter_kill', ...SELF, bufferSize: 4096 });
  kill(1000, 0);
  const lost = Number(tracer.lost());
  assert.ok(lost > 0 && lost < 1000, `${lost} lost`);
  await take(tracer, 1000 - lost);
  await tracer.close();
});

test('counts are made in the kernel, by the values of fields or all together', async () => {
  const target = 'syscalls:sys_enter_kill';
  const bySignal = await traceCount({ target, by: ['sig', 'comm'], ...SELF });
  const all = await traceCount({ target, filter: 'sig != 28', ...SELF });
  kill(5, 0);
  kill(3, 28);
  // Another process.
  spawnSync('sh', ['-c', 'kill -0 $$']);
  const comm = readFileSync('/proc/self/comm', 'utf8').trim();
  const rows = bySignal.read().sort((a, b) => Number(b.count - a.count));
  assert.deepEqual(rows, [
    { key: { sig: 0, comm }, count: 5n },
    { key: { sig: 28, comm }, count: 3n },
  ]);
  assert.deepEqual(all.read(), [{ key: {}, count: 5n }]);
  assert.deepEqual([bySignal.lost(), all.lost()], [0n, 0n]);
  await bySignal.close();
  await all.close();
});

test('keys hold nothing of the events before them', async () => {
  const files = ['x'.repeat(100), 'b', 'y'.repeat(50), 'b'].map((name) => join(directory, name));
  const options = {
    target: 'syscalls:sys_enter_openat',
    by: ['filename'],
    filter: `filename =~ "${directory}*"`,
    ...SELF,
  };
  const counts = await traceCount(options);
  for (const file of files) assert.doesNotThrow(() => writeFileSync(file, ''));
  const rows = counts.read().map(({ key, count }) => `${key['filename']} ${count}`);
  await counts.close();
  assert.deepEqual(rows.sort(), [`${files[0]} 1`, `${files[1]} 2`, `${files[2]} 1`].sort());
});

test('events whose key found no room are counted as lost', async () => {
  const counts = await traceCount({ target: 'syscalls:sys_enter_kill', by: ['ns'], ...SELF });
  kill(11_000, 0);
  const counted = counts.read().reduce((sum, row) => sum + row.count, 0n);
  assert.equal(counted, 10_240n);
  assert.equal(counts.lost(), 11_000n - counted);
  await counts.close();
});

test('a histogram counts by powers of two', async () => {
  const histogram = await traceHistogram({ target: 'syscalls:sys_enter_kill', field: 'sig', ...SELF });
  kill(4, 0);
  kill(2, 28);
  const rows = histogram.read().filter((row) => row.count > 0n);
  await histogram.close();
  assert.deepEqual(rows, [
    { low: 0n, high: 1n, count: 4n },
    { low: 16n, high: 31n, count: 2n },
  ]);
  await assert.rejects(traceHistogram({ target: 'sched:sched_process_exec', field: 'filename' }), {
    name: 'ArgumentError',
    message: /filename.*char/,
  });
});

test('tracepoints are listed by pattern, from tracefs and from BTF, and one with its fields', () => {
  assert.ok(listTracepoints('sched:sched_process_e*').includes('tracepoint:sched:sched_process_exec'));
  assert.deepEqual(listTracepoints('tracepoint:sched:sched_process_exe?'), [
    'tracepoint:sched:sched_process_exec',
  ]);
  assert.deepEqual(listTracepoints('sched_process_exec'), ['tracepoint:sched:sched_process_exec']);
  assert.deepEqual(listTracepoints('tp_btf:sched_process_exec'), ['tp_btf:sched_process_exec']);
  assert.ok(listTracepoints('raw_tracepoint:sched_*').length > 10);
  assert.throws(() => listTracepoints('sched:sched_proces_exec'), {
    name: 'NotFoundError',
    remedy: /sched:sched_process_exec/,
  });
  assert.deepEqual(listFields('sched:sched_process_exec')[0], {
    name: 'filename',
    type: '__data_loc char[]',
  });
  assert.deepEqual(listFields('tp_btf:sched_process_exec'), [
    { name: 'p', type: 'struct task_struct *' },
    { name: 'old_pid', type: 'pid_t' },
    { name: 'bprm', type: 'struct linux_binprm *' },
  ]);
});

test('the verifier takes the program of any tracepoint', async (t) => {
  let loaded = 0;
  for (const pattern of ['*', 'tp_btf:*', 'raw_tracepoint:*']) {
    for (const [i, target] of listTracepoints(pattern).entries()) {
      if (i % 40 !== 0) continue;
      const { section, fields, filter } = select({ target });
      await (await load(streamObject(section, streamLayout(fields.defaults), filter, 4096))).close();
      loaded++;
    }
  }
  t.diagnostic(`${loaded} programs`);
});

test('a name that does not exist is answered with the nearest, and nothing is left behind', async () => {
  const before = bpfFiles();
  const wrong: [TraceOptions, RegExp][] = [
    [{ target: 'sched:sched_proces_exec' }, /sched:sched_process_exec/],
    [{ target: 'shed:sched_process_exec' }, /sched:sched_process_exec/],
    [{ target: 'tp_btf:sched_proces_exec' }, /sched_process_exec/],
    [{ target: 'raw_tracepoint:sched_proces_exec' }, /sched_process_exec/],
    [{ target: 'sched:sched_process_exec', fields: ['filname'] }, /filename/],
    [{ target: 'tp_btf:sched_process_exec', fields: ['p.real_parnt.tgid'] }, /real_parent/],
    [{ target: 'tp_btf:sched_process_exec', fields: ['bprn.filename'] }, /bprm/],
  ];
  for (const [options, remedy] of wrong) {
    await assert.rejects(trace(options), { name: 'NotFoundError', remedy }, JSON.stringify(options));
  }
  const cannot: [TraceOptions, RegExp][] = [
    [{ target: 'tp_btf:sched_process_exec', fields: ['p.se'] }, /p\.se is a whole struct sched_entity/],
    [{ target: 'tp_btf:sched_process_exec', fields: ['old_pid.x'] }, /old_pid is no pointer/],
    [{ target: 'sched:sched_process_exec', bufferSize: 5000 }, /5000.*power of two/],
  ];
  for (const [options, message] of cannot)
    await assert.rejects(trace(options), { name: 'ArgumentError', message });
  assert.deepEqual(bpfFiles(), before);
});

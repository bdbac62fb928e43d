import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  BPF,
  CompileError,
  type HashTable,
  type HeldRecord,
  type PerCpuTable,
  type RingTable,
  RingtailError,
  VerifierError,
} from '../../src/bcc/index.ts';
import { compileC } from '../../src/kernel/index.ts';
import { onCpu } from './support/cpu.ts';
import { act, ON_ACT } from './support/dialect.ts';
import { kernelTest as test } from './support/privileged.ts';
import { withTracefs } from './support/tracefs.ts';
import { TUTORIAL } from './support/tutorial.ts';

withTracefs();

const cflags = [`-DPID=${process.pid}`];

test('the program of the tutorial, with the loop of its Python', async () => {
  const b = new BPF({ text: TUTORIAL });
  try {
    const lines: string[] = [];
    b.get('buffer').openRingBuffer((_ctx, data, size) => {
      assert.equal(size, 20);
      const event = b.get('buffer').event(data);
      lines.push(`${String(event.pid).padEnd(8)} ${event.filename.padEnd(16)}`);
    });
    // The name that is executed is in memory already: it has just been looked for.
    const { pid } = spawn('/bin/sh', ['-c', 'exec /bin/true']);
    const wanted = `${String(pid).padEnd(8)} /bin/true       `;
    while (!lines.includes(wanted)) assert.ok((await b.ringBufferPoll()) > 0);
    assert.equal(b.get('buffer').lost, 0n);
  } finally {
    b.close();
  }
});

const EVENTS = `struct point { int x; int y; };
struct event { struct point at; union { u32 word; u8 bytes[4]; } u; bool yes; pid_t pid; char names[2][4]; u64 wide; };
BPF_RINGBUF_OUTPUT(ring, 1);
BPF_PERF_OUTPUT(perf);
${ON_ACT}
    struct event e = { { 1, -2 }, { 0x04030201 }, true, PID, { "ab", "cde" }, ~0ull };
    ring.ringbuf_output(&e, sizeof(e), 0);
    perf.perf_submit(args, &e, sizeof(e));
    return 0;
}`;

const EVENT = {
  at: { x: 1, y: -2 },
  u: { word: 0x04030201, bytes: new Uint8Array([1, 2, 3, 4]) },
  yes: true,
  pid: process.pid,
  names: ['ab', 'cde'],
  wide: (1n << 64n) - 1n,
};

test('events have the type that is submitted: in the callback, from a copy, by ring and by perf buffer', async () => {
  const b = new BPF({ text: EVENTS, cflags });
  try {
    let [held, copy]: [HeldRecord<unknown> | undefined, Uint8Array | undefined] = [undefined, undefined];
    const ring = b.get('ring');
    ring.openRingBuffer(
      (ctx, data) => {
        assert.equal(ctx.name, 'context');
        assert.deepEqual(ring.event(data), EVENT);
        [held, copy] = [data, data.bytes];
      },
      { name: 'context' },
    );
    const cpus: number[] = [];
    b.get('perf').openPerfBuffer((cpu, data) => {
      assert.deepEqual(b.get('perf').event(data), EVENT);
      cpus.push(cpu);
    });
    act();
    assert.equal(b.ringBufferConsume(), 1);
    assert.deepEqual(ring.event(copy!), EVENT);
    assert.throws(() => ring.event(held!), { name: 'ArgumentError', message: /given back to the kernel/ });
    assert.throws(() => ring.event(copy!.slice(0, 8)), { name: 'RecordError', message: /8 bytes/ });
    assert.equal(await b.perfBufferPoll(), 1);
    assert.ok(cpus[0]! >= 0);
    assert.equal(b.perfBufferConsume(), 0);
    assert.equal(await b.ringBufferPoll(0), 0);
    assert.equal(b.get('perf').lost, 0n);
  } finally {
    b.close();
  }
});

test('losses are told: of a ring by its count, of a perf buffer to lostCb', () => {
  const b = new BPF({
    text: `struct big { char bytes[3000]; };
BPF_RINGBUF_OUTPUT(ring, 1);
BPF_PERF_OUTPUT(perf);
BPF_ARRAY(room, struct big, 1);
${ON_ACT}
    int zero = 0;
    struct big *big = room.lookup(&zero);
    if (!big) return 0;
    ring.ringbuf_output(big, sizeof(*big), 0);
    perf.perf_submit(args, big, sizeof(*big));
    return 0;
}`,
    cflags,
  });
  try {
    let lost = 0;
    b.get('ring').openRingBuffer(() => {});
    const lostCb = (count: number): void => {
      lost += count;
    };
    b.get('perf').openPerfBuffer(() => {}, { pageCnt: 1, lostCb });
    onCpu(0, () => act(4));
    assert.equal(b.ringBufferConsume(), 1);
    assert.equal(b.get('ring').lost, 3n);
    assert.equal(b.get('ring').query().producerPosition, 3008n);
    assert.equal(b.perfBufferConsume(), 1);
    assert.equal(lost, 0);
    // The kernel tells of losses with the next sample on that CPU for which it has room.
    onCpu(0, () => act());
    assert.equal(b.perfBufferConsume(), 1);
    assert.equal(lost, 3);
    assert.equal(b.get('perf').lost, 3n);
  } finally {
    b.close();
  }
});

interface Tables {
  readonly hash: HashTable<{ pid: number; letter: number }, bigint>;
  readonly array: HashTable<number, number>;
  readonly cpus: PerCpuTable<number, bigint>;
  readonly out: RingTable<{ pid: number }>;
}

test('tables are like a Map; elements of arrays go back to 0', () => {
  const b = new BPF<Tables>({
    text: `struct key { u32 pid; u32 letter; };
BPF_HASH(hash, struct key);
BPF_ARRAY(array, u32, 4);
BPF_PERCPU_ARRAY(cpus, u64, 2);
BPF_RINGBUF_OUTPUT(out, 1);
${ON_ACT}
    struct key key = { PID, 'a' };
    int one = 1;
    hash.increment(key);
    array.increment(one, 5);
    cpus.increment(one);
    return 0;
}`,
    cflags,
  });
  try {
    const [hash, array, cpus] = [b.get('hash'), b.get('array'), b.get('cpus')];
    act(3);
    const key = { pid: process.pid, letter: 97 };
    assert.deepEqual([...hash.items()], [[key, 3n]]);
    assert.deepEqual([...hash], [...new Map(hash)]);
    assert.equal(hash.get(key), 3n);
    assert.equal(hash.has({ pid: 0, letter: 0 }), false);
    hash.set({ pid: 1, letter: 1 }, 7n).set({ pid: 1, letter: 2 }, 8n);
    assert.equal(hash.size, 3);
    assert.equal(hash.delete({ pid: 1, letter: 1 }), true);
    assert.equal(hash.delete({ pid: 1, letter: 1 }), false);
    assert.deepEqual([...hash.values()].sort(), [3n, 8n]);
    hash.zero();
    assert.deepEqual([...hash.values()], [0n, 0n]);
    hash.clear();
    assert.equal(hash.size, 0);

    assert.deepEqual([...array.values()], [0, 15, 0, 0]);
    assert.equal(array.delete(1), true);
    array.set(2, 9);
    assert.deepEqual(
      [...array],
      [
        [0, 0],
        [1, 0],
        [2, 9],
        [3, 0],
      ],
    );
    array.clear();
    assert.deepEqual([...array.values()], [0, 0, 0, 0]);

    assert.equal(cpus.sum(1), 3n);
    assert.ok(cpus.max(1) >= 1n && cpus.max(1) <= 3n);
    assert.equal(cpus.average(1) * cpus.get(1)!.length, 3);
    cpus.clear();
    assert.equal(cpus.sum(1), 0n);
  } finally {
    b.close();
  }
});

test('what cannot be is told by name: tables, methods, functions, polls, sources', async () => {
  const text = `BPF_HASH(counts, u32);
BPF_RINGBUF_OUTPUT(buffer, 1);
int on_event(struct pt_regs *ctx) { return 0; }`;
  const b = new BPF({ text });
  try {
    assert.throws(() => b.get('bufer'), {
      name: 'NotFoundError',
      message: 'the program has no table "bufer"',
      remedy: 'It has: buffer, counts.',
    });
    assert.throws(() => b.get('counts').openRingBuffer(() => {}), {
      name: 'ArgumentError',
      message: 'table counts is of type HASH, which has no openRingBuffer',
      remedy: /^It has: .*printLog2Hist/,
    });
    assert.throws(() => b.get('buffer').event(new Uint8Array(8)), {
      name: 'ArgumentError',
      message: /the type of the events of buffer is not known/,
      remedy: /types: \{ buffer: 'struct …' \}/,
    });
    assert.throws(() => b.attachUprobe({ name: 'c', sym: 'malloc', fnName: 'on_evnt' }), {
      name: 'NotFoundError',
      message: /"on_evnt"/,
      remedy: /on_event/,
    });
    assert.throws(() => b.attachUprobe({ name: 'c', sym: 'mallocc', fnName: 'on_event' }), {
      name: 'NotFoundError',
      message: /defines no function "mallocc"/,
      remedy: /malloc/,
    });
    assert.throws(() => b.detachUprobe({ name: 'c', sym: 'malloc' }), {
      name: 'NotFoundError',
      remedy: 'Attached are: none.',
    });
    assert.throws(() => b.attachTracepoint({ fnName: 'on_event' }), {
      name: 'ArgumentError',
      remedy: /tp and tpRe/,
    });
    await assert.rejects(b.ringBufferPoll(), { name: 'ArgumentError', message: 'no ring buffer is open' });
    assert.throws(() => b.perfBufferConsume(), { message: 'no perf buffer is open' });
    // @ts-expect-error one source
    assert.throws(() => new BPF({ text, srcFile: 'x.c' }), { name: 'ArgumentError' });
    assert.throws(() => new BPF({ srcFile: '/nonexistent.c' }), {
      message: '/nonexistent.c cannot be read: ENOENT: no such file or directory',
    });
  } finally {
    b.close();
  }
  b.close();
});

test('what was compiled elsewhere needs no clang here', async () => {
  const b = new BPF({ object: await compileC(EVENTS, { flags: cflags }) });
  try {
    act();
    b.get('ring').openRingBuffer((_ctx, data) => assert.deepEqual(b.get('ring').event(data), EVENT));
    assert.equal(await b.ringBufferPoll(), 1);
  } finally {
    b.close();
  }
});

test('functions are attached by name, and detached; queues, tables of programs and of tables', () => {
  const b = new BPF({
    text: `BPF_ARRAY(counts, u64, 4);
BPF_QUEUE(queue, u32, 2);
BPF_PROG_ARRAY(progs, 1);
BPF_ARRAY(inner, u32, 1);
BPF_ARRAY_OF_MAPS(outer, "inner", 1);
#define MINE (bpf_get_current_pid_tgid() >> 32 == PID)
int second(struct tracepoint__syscalls__sys_enter_kill *args) {
    int one = 1;
    counts.increment(one);
    return 0;
}
int first(struct tracepoint__syscalls__sys_enter_kill *args) {
    int zero = 0;
    if (!MINE) return 0;
    counts.increment(zero);
    progs.call(args, 0);
    return 0;
}
int raw(struct bpf_raw_tracepoint_args *ctx) {
    int two = 2;
    if (MINE && ctx->args[1] == __NR_kill) counts.increment(two);
    return 0;
}
int entry(struct pt_regs *ctx, const char *name) {
    char text[4] = {};
    u32 key = 0, value;
    bpf_probe_read_user_str(text, sizeof(text), name);
    if (text[0] != 'R' || text[1] != 'T') return 0;
    value = text[2];
    queue.push(&value, BPF_EXIST);
    return 0;
}`,
    cflags: [...cflags, `-D__NR_kill=${process.arch === 'x64' ? 62 : 129}`],
  });
  try {
    const counts = b.get('counts');
    const [link] = b.attachTracepoint({ tp: 'syscalls:sys_enter_kill', fnName: 'first' });
    b.attachRawTracepoint({ tp: 'sys_enter', fnName: 'raw' });
    act();
    assert.deepEqual([...counts.values()], [1n, 0n, 1n, 0n]);
    b.get('progs').set(0, b.loadFunc('second', 'tracepoint'));
    act();
    assert.deepEqual([...counts.values()], [2n, 1n, 2n, 0n]);
    b.detachTracepoint('syscalls:sys_enter_kill');
    link!.close();
    b.detachRawTracepoint('sys_enter');
    act();
    assert.deepEqual([...counts.values()], [2n, 1n, 2n, 0n]);
    assert.equal(b.attachTracepoint({ tpRe: /^syscalls:sys_enter_kill$/, fnName: 'first' }).length, 1);
    act();
    assert.equal(counts.get(0), 3n);

    const place = { name: 'c', sym: 'getenv', pid: process.pid };
    b.attachUprobe({ ...place, fnName: 'entry' });
    for (const name of ['RTa', 'RTb', 'RTc']) assert.equal(process.env[name], undefined);
    b.detachUprobe(place);
    assert.equal(process.env['RTd'], undefined);
    const queue = b.get('queue');
    assert.equal(queue.peek(), 98);
    assert.deepEqual([...queue.values()], [98, 99]);
    assert.equal(queue.push(1), true);
    assert.equal(queue.pop(), 1);
    assert.equal(queue.pop(), undefined);

    b.get('outer').set(0, b.get('inner'));
    assert.equal(b.get('outer').get(0), b.get('inner').map.info().id);
  } finally {
    b.close();
  }
});

/** What `new BPF()` says of a text: the class, one line of cause, one of remedy. */
function refusal(text: string): RingtailError {
  try {
    new BPF({ text }).close();
  } catch (error) {
    assert.ok(error instanceof RingtailError, String(error));
    assert.doesNotMatch(error.remedy, /\n/);
    return error;
  }
  assert.fail('it was taken');
}

test('a text that cannot be is refused with its line, the cause and a remedy', () => {
  const syntax = refusal('BPF_HASH(counts, u32);\nint x(struct pt_regs *ctx) { return nothing; }');
  assert.ok(syntax instanceof CompileError);
  assert.deepEqual([syntax.line, syntax.column], [2, 37]);
  assert.match(syntax.message, /undeclared identifier 'nothing'/);

  const method = refusal(
    'BPF_HASH(counts, u32);\nint x(struct pt_regs *ctx) { u32 k = 0; counts.incremnt(k); return 0; }',
  );
  assert.ok(method instanceof CompileError);
  assert.match(method.message, /map counts is declared by BPF_HASH and has no method "incremnt"/);
  assert.match(method.remedy, /increment/);

  const tracepoint = refusal('TRACEPOINT_PROBE(syscalls, sys_enter_exec) { return 0; }');
  assert.match(tracepoint.message, /no tracepoint syscalls:sys_enter_exec/);
  assert.match(tracepoint.remedy, /syscalls:sys_enter_execve/);

  const field = refusal('TRACEPOINT_PROBE(syscalls, sys_enter_kill) { return args->pidd; }');
  assert.match(field.message, /no member named 'pidd'/);
  assert.match(field.remedy, /ringtail trace -l/);

  const stack = refusal(`struct event { char bytes[600]; };
BPF_RINGBUF_OUTPUT(out, 1);
TRACEPOINT_PROBE(syscalls, sys_enter_kill) {
    struct event event = {};
    out.ringbuf_output(&event, sizeof(event), 0);
    return 0;
}`);
  assert.match(stack.message, /stack/i);
  assert.match(stack.remedy, /512|reserve|array/i);

  const rejected = refusal(`BPF_HASH(counts, u32);
TRACEPOINT_PROBE(syscalls, sys_enter_kill) {
    u32 key = 0;
    u64 *count = counts.lookup(&key);
    *count += 1;
    return 0;
}`);
  assert.ok(rejected instanceof VerifierError);
  assert.match(rejected.message, /\*count \+= 1/);
  assert.match(rejected.remedy, /NULL/);
});

test('without clang the error names the package, and the way that needs none', () => {
  const before = process.env['RINGTAIL_CLANG'];
  process.env['RINGTAIL_CLANG'] = '/nonexistent/clang';
  try {
    const error = refusal('int x(struct pt_regs *ctx) { return 0; }');
    assert.equal(error.name, 'NotFoundError');
    assert.match(error.remedy, /apt-get install clang.*object file/);
  } finally {
    if (before === undefined) delete process.env['RINGTAIL_CLANG'];
    else process.env['RINGTAIL_CLANG'] = before;
  }
});

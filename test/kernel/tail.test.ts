import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BpfMap, type HasFd, load } from '../../src/kernel/index.ts';
import { ringEvent } from '../../src/kernel/ring-event.ts';
import { objectPin } from '../../src/sys/index.ts';
import { Running, ringtail } from './support/cli.ts';
import { kernelTest as test } from './support/privileged.ts';
import { Producer, range, takeAll } from './support/producer.ts';
import { mapOf } from './support/types.ts';

const SAMPLE = 'struct { u32 producer; u32 sequence; }';

function json(text: string): unknown[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

function run(command: string, args: readonly string[], input?: string): void {
  const { status, stderr } = spawnSync(command, args, { input, encoding: 'utf8' });
  assert.equal(status, 0, `${command} ${args.join(' ')}: ${stderr}`);
}

/** A program that sends one event, in C; the ring's definition names its type or does not. */
function source(ring: string, definition: string): string {
  return `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct tailed { __u64 number; char text[16]; };
const struct tailed *unused __attribute__((unused));
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); ${definition} } ${ring} SEC(".maps");
SEC("socket") int send(void *ctx) {
  struct tailed *event = bpf_ringbuf_reserve(&${ring}, sizeof(*event), 0);
  if (!event) return 0;
  event->number = 18446744073709551615ull;
  __builtin_memcpy(event->text, "hello\\x1b[2J", 10);
  bpf_ringbuf_submit(event, 0);
  return 0;
}
char _license[] SEC("license") = "Dual BSD/GPL";
`;
}

/** The same, where the ring is one of several in a map, whose definition names the type of the records. */
const OUTER = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct tailed { __u64 number; char text[16]; };
struct decoy { __u64 number; char words[16]; };
const struct tailed *unused __attribute__((unused));
const struct decoy *unused_too __attribute__((unused));
struct inner { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); __type(value, struct tailed); };
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 1); __type(key, __u32);
  __array(values, struct inner);
} tail_rings SEC(".maps");
SEC("socket") int send(void *ctx) {
  __u32 first = 0;
  void *ring = bpf_map_lookup_elem(&tail_rings, &first);
  struct tailed event = { .number = 7, .text = "inner" };
  if (ring) bpf_ringbuf_output(ring, &event, sizeof(event), 0);
  return 0;
}
char _license[] SEC("license") = "Dual BSD/GPL";
`;

/** Compiles a program into a directory that is removed behind `work`. */
async function withObject(
  text: string,
  work: (object: string, directory: string) => void | Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'ringtail-'));
  try {
    const object = join(directory, 'tailed.o');
    const multiarch = spawnSync('gcc', ['-print-multiarch'], { encoding: 'utf8' }).stdout.trim();
    const flags = ['-g', '-O2', '-target', 'bpf', `-I/usr/include/${multiarch}`, '-x', 'c', '-c'];
    run('clang', [...flags, '-o', object, '-'], text);
    await work(object, directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('tail prints the records of another process, which gets all of them too', async () => {
  await using producer = await Producer.create();
  producer.sendRange(0, 5);
  const id = String(producer.ring.mapId);
  const { status, stdout, stderr } = ringtail(
    ...['tail', id, '--from-oldest', '--max-events', '5', '--json', '--type', SAMPLE],
  );
  assert.equal(status, 0, stderr);
  assert.deepEqual(
    json(stdout),
    range(0, 5).map((sequence) => ({ producer: 0, sequence })),
  );
  assert.match(stderr, /5 records in .* nothing skipped, 0 busy waits/);
  assert.deepEqual(takeAll(producer.ring), range(0, 5));
});

test('without --from-oldest it prints what comes, until it is interrupted', async () => {
  await using producer = await Producer.create();
  producer.sendRange(0, 5);
  const tail = new Running('tail', `${process.pid}/ring`, '--type', SAMPLE);
  await tail.ready();
  let sequence = 100;
  while (!/\n0 +1/.test(tail.stdout)) {
    producer.send(sequence++);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { status, stdout } = await tail.interrupt();
  assert.equal(status, 0);
  assert.match(stdout.split('\n')[0]!, /^PRODUCER +SEQUENCE/);
  assert.doesNotMatch(stdout, /\n0 +[0-4] /);
});

test("bytes and a hex dump, where nothing tells the records' type", async () => {
  await using producer = await Producer.untyped();
  producer.send(0x41424344);
  const id = String(producer.ring.mapId);
  const tail = (...more: string[]): ReturnType<typeof ringtail> =>
    ringtail('tail', id, '--from-oldest', '--max-events', '1', ...more);
  assert.match(
    tail().stderr,
    /ring ring: records as bytes: .*; name the type: --type 'struct \{ u32 pid; char comm\[16\]; \}'/,
  );
  assert.match(tail().stdout, / 0 +8 0000000044434241\n/);
  assert.deepEqual(json(tail('--json').stdout), [{ position: 0, bytes: '0000000044434241' }]);
  assert.match(
    tail('--hex').stdout,
    /position 0, 8 bytes\n00000000 {2}00 00 00 00 44 43 42 41 +\|\.{4}DCBA\|\n/,
  );
  // Longer than any record: all of them are shorter than it, and are shown all the same.
  const long = tail('--type', 'struct { u32 a; char b[99]; }');
  assert.match(long.stdout, /\[0000000044434241\]/);
  assert.match(long.stderr, /1 shorter than the type/);
});

test('a ring that libbpf loaded is typed by the size of its records, and shown safely', async () => {
  await withObject(source('tail_by_size', ''), (object, directory) => {
    const pin = `/sys/fs/bpf/ringtail-test-${process.pid}`;
    const packet = join(directory, 'packet');
    writeFileSync(packet, new Uint8Array(64));
    run('bpftool', ['prog', 'load', object, pin, 'type', 'socket']);
    try {
      run('bpftool', ['prog', 'run', 'pinned', pin, 'data_in', packet, 'repeat', '2']);
      const tail = (...more: string[]): ReturnType<typeof ringtail> =>
        ringtail('tail', 'tail_by_size', '--from-oldest', '--max-events', '2', ...more);
      assert.deepEqual(
        tail()
          .stdout.split('\n')
          .map((line) => line.trimEnd()),
        [
          'NUMBER          TEXT',
          '18446744073709551615 hello\\x1b[2J',
          '18446744073709551615 hello\\x1b[2J',
          '',
        ],
      );
      assert.match(tail('--json').stdout, /^{"number":18446744073709551615,/);
      assert.equal(tail('--type', 'struct tailed').stdout, tail().stdout);
    } finally {
      rmSync(pin);
    }
  });
});

test('a ring whose definition names the type is typed by that, by any way that leads to it', async () => {
  await withObject(source('tail_by_definition', '__type(value, struct tailed);'), async (file) => {
    const object = await load(file);
    const map = object.maps['tail_by_definition']!;
    const pin = `/sys/fs/bpf/ringtail-test-map-${process.pid}`;
    try {
      const { id, name } = map.info();
      const found = ringEvent({ id, name }, [object.programs['send']!.info().id]);
      assert.equal(found.hint, undefined);
      const type = found.event!.btf.type(found.event!.id);
      assert.equal(type.kind === 'struct' && type.name, 'tailed');
      objectPin(map.fd, pin, 'map');
      object.programs['send']!.run({ data: new Uint8Array(64) });
      for (const ring of [String(id), 'tail_by_definition', pin, `${process.pid}/tail_by_definition`]) {
        const { stdout, stderr } = ringtail('tail', ring, '--from-oldest', '--max-events', '1', '--json');
        assert.match(stdout, /^{"number":18446744073709551615,"text":"hello/, `${ring}: ${stderr}`);
      }
    } finally {
      rmSync(pin, { force: true });
      await object.close();
    }
  });
});

test('a ring in a map of maps is typed by the definition of what the map holds, whatever its own name', async () => {
  await withObject(OUTER, async (file) => {
    const object = await load(file);
    const ring = BpfMap.create({ name: 'tail_cpu0', type: 'RINGBUF', maxEntries: 4096 });
    try {
      mapOf<number, number, HasFd>(object, 'tail_rings').update(0, ring);
      object.programs['send']!.run({ data: new Uint8Array(64) });
      const { stdout, stderr } = ringtail(
        ...['tail', 'tail_cpu0', '--from-oldest', '--max-events', '1', '--json'],
      );
      assert.deepEqual(json(stdout), [{ number: 7, text: 'inner' }], stderr);
    } finally {
      ring.close();
      await object.close();
    }
  });
});

test("rings of ringtail's own tracers are typed, though no compiler made their programs", async () => {
  for (const [args, expected] of [
    [['execsnoop', '-P', String(process.pid)], { comm: 'true', ppid: process.pid, ret: 0 }],
    [
      [
        'trace',
        'tp_btf:sched_process_exec',
        '--fields',
        'comm,p.real_parent.tgid',
        '--filter',
        'comm == "true"',
      ],
      { p_real_parent_tgid: process.pid },
    ],
  ] as const) {
    const tracer = new Running(...args);
    await tracer.ready();
    run('true', []);
    const { stdout, stderr } = ringtail(
      'tail',
      `${tracer.pid}/events`,
      '--from-oldest',
      '--max-events',
      '1',
      '--json',
    );
    await tracer.interrupt();
    const [event] = json(stdout) as [Record<string, unknown>];
    for (const [member, value] of Object.entries(expected))
      assert.equal(event[member], value, stdout + stderr);
  }
});

test('a capture is replayed as the tap saw it, and says where it was cut short', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ringtail-'));
  const file = join(directory, 'samples.ring');
  try {
    await using producer = await Producer.create();
    producer.sendRange(0, 20);
    const id = String(producer.ring.mapId);
    const live = ['tail', id, '--from-oldest', '--max-events', '20', '--type', SAMPLE];
    const written = ringtail(...live, '--write', file);
    assert.equal(written.status, 0, written.stderr);
    assert.match(written.stderr, /^20 records to .*, nothing skipped, 0 busy waits\n$/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    for (const form of [[], ['--json']]) {
      const replayed = ringtail('tail', '--read', file, ...form);
      assert.equal(replayed.status, 0, replayed.stderr);
      assert.equal(replayed.stdout, ringtail(...live, ...form).stdout);
    }
    assert.equal(
      ringtail('tail', '--read', file, '--json', '--max-events', '3').stdout.split('\n').length,
      4,
    );
    assert.equal(
      ringtail('tail', '--read', file, '--hex').stdout.match(/position \d+, 8 bytes/g)?.length,
      20,
    );

    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length - 100));
    const cut = ringtail('tail', '--read', file, '--json');
    assert.equal(cut.status, 1);
    assert.match(cut.stderr, /at byte \d+: expected .*cut short/);
    assert.deepEqual(
      json(cut.stdout),
      range(0, json(cut.stdout).length).map((sequence) => ({ producer: 0, sequence })),
    );
    assert.ok(json(cut.stdout).length >= 15);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('what cannot be tailed is told in one line, with what to do', async () => {
  await using one = await Producer.create();
  await using two = await Producer.create();
  const ambiguous = ringtail('tail', `${process.pid}/ring`);
  assert.equal(ambiguous.status, 1);
  for (const { ring } of [one, two])
    assert.ok(ambiguous.stderr.includes(`${ring.mapId} ring (${process.pid}/`));
  const byBoth = ringtail('tail', `${process.pid}/${one.ring.mapId}`, '--duration', '10ms');
  assert.equal(byBoth.status, 0, byBoth.stderr);
  for (const [code, args, cause] of [
    [2, [], /no ring is named/],
    [2, ['ring', '--read', 'file'], /a ring and a capture are named/],
    [2, ['ring', '--write', '--json'], /option --write <file> needs a value, and --json is none/],
    [1, ['no such ring'], /there is no ring "no such ring"/],
    [1, ['/sys/fs/bpf/no-such-pin'], /ENOENT/],
    [1, ['/proc/self/status'], /\/proc\/self\/status is no pin: it is not on a bpffs/],
    [1, ['--read', '/no/such/file'], /cannot read \/no\/such\/file/],
    [1, ['--read', '/proc/self/status'], /expected a capture of ringtail/],
    [1, [String(one.ring.mapId), '--write', '/no/such/file'], /cannot write \/no\/such\/file/],
    [1, [`1/${one.ring.mapId}`], /there is no ring "1\/\d+"/],
  ] as const) {
    const { status, stderr } = ringtail('tail', ...args);
    assert.equal(status, code, args.join(' '));
    assert.match(stderr, cause);
    assert.ok(stderr.trim().split('\n').length >= 2, stderr);
  }
});

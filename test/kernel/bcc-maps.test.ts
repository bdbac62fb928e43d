import assert from 'node:assert/strict';
import { type BpfMap, type BpfObject, type BpfProgram, PerfBuffer } from '../../src/index.ts';
import { possibleCpus } from '../../src/kernel/index.ts';
import { act, ON_ACT, withDialect } from './support/dialect.ts';
import { kernelTest as test } from './support/privileged.ts';
import { withTracefs } from './support/tracefs.ts';

withTracefs();

function map<K, V>(object: BpfObject, name: string): BpfMap<K, V> {
  return object.maps[name] as unknown as BpfMap<K, V>;
}

test('hashes: every method, and what they give back', () =>
  withDialect(
    `BPF_HASH(counts);
BPF_HASH(results, u32, long);
struct pair { u32 a; u32 b; };
BPF_HASH(pairs, struct pair, struct pair, 8);
BPF_HASH(tiny, u32, u32, 1);
static void note(u32 key, long value) { results.update(&key, &value); }
${ON_ACT}
    struct pair pair = { 1, 2 }, *found;
    u32 first = 1, second = 2, *held;
    counts.increment(7);
    counts.increment(7, 10);
    counts.atomic_increment(8);
    counts.atomic_increment(8, 20);
    note(0, pairs.lookup(&pair) == NULL);
    note(1, pairs.insert(&pair, &pair));
    note(2, pairs.insert(&pair, &pair));
    found = pairs.lookup(&pair);
    if (found) { found->b = 5; note(3, found->a); }
    found = pairs.lookup_or_try_init(&pair, &(struct pair){ 9, 9 });
    if (found) note(4, found->b);
    pair.a = 3;
    found = pairs.lookup_or_init(&pair, &pair);
    note(5, found->a);
    note(6, pairs.delete(&pair));
    note(7, pairs.delete(&pair));
    tiny.update(&first, &first);
    held = tiny.lookup_or_try_init(&second, &second);
    note(8, held == NULL);
    note(9, tiny.update(&first, &second));
    return 0;
}`,
    (object) => {
      act();
      assert.equal(map<bigint, bigint>(object, 'counts').lookup(7n), 11n);
      assert.equal(map<bigint, bigint>(object, 'counts').lookup(8n), 21n);
      const results = map<number, bigint>(object, 'results');
      const expected = [1, 0, -17, 1, 5, 3, 0, -2, 1, 0];
      assert.deepEqual(
        expected.map((_, key) => Number(results.lookup(key))),
        expected,
      );
    },
  ));

test('arrays, per-CPU maps and histograms count', () =>
  withDialect(
    `BPF_ARRAY(plain, u64, 4);
BPF_PERCPU_ARRAY(each, u32, 2);
BPF_PERCPU_HASH(hashed, u32);
BPF_HISTOGRAM(sizes);
struct slot { u64 who; u64 slot; };
BPF_HISTOGRAM(slots, struct slot, 16);
BPF_TABLE("lru_hash", u32, u64, recent, 8);
${ON_ACT}
    int zero = 0;
    struct slot slot = { 4, bpf_log2l(1000) };
    u64 *value = plain.lookup(&zero);
    if (value) *value += 100;
    plain.increment(3);
    plain.increment(99);
    each.increment(1, 3);
    hashed.increment(5);
    hashed.atomic_increment(5);
    sizes.increment(bpf_log2l(4096));
    slots.increment(slot);
    recent.increment(1);
    return 0;
}`,
    (object) => {
      act(2);
      const sum = (values: readonly (number | bigint)[]): number =>
        values.reduce<number>((total, value) => total + Number(value), 0);
      const [plain, sizes] = [map<number, bigint>(object, 'plain'), map<number, bigint>(object, 'sizes')];
      assert.deepEqual([plain.lookup(0), plain.lookup(3)], [200n, 2n]);
      assert.equal(sum(map<number, number>(object, 'each').perCpu.lookup(1)!), 6);
      assert.equal(sum(map<number, bigint>(object, 'hashed').perCpu.lookup(5)!), 4);
      assert.equal(map(object, 'each').perCpu.lookup(0)!.length, possibleCpus());
      assert.equal(sizes.lookup(13), 2n);
      assert.deepEqual([...map(object, 'slots').entries()], [[{ who: 4n, slot: 10n }, 2n]]);
      assert.equal(map<number, bigint>(object, 'recent').lookup(1), 2n);
    },
  ));

test('tries, queues, stacks and maps of maps', () =>
  withDialect(
    `struct prefix { u32 length; u8 data[4]; };
BPF_LPM_TRIE(nets, struct prefix, u32, 16);
BPF_QUEUE(line, u32, 4);
BPF_STACK(pile, u32, 4);
BPF_HASH(results, u32, u32);
BPF_ARRAY(inner, u64, 1);
BPF_ARRAY_OF_MAPS(outer, "inner", 2);
static void note(u32 key, u32 value) { results.update(&key, &value); }
${ON_ACT}
    struct prefix net = { 8, { 10 } }, host = { 32, { 10, 1, 2, 3 } };
    u32 one = 1, two = 2, got = 0;
    int index = 0;
    nets.update(&net, &two);
    u32 *found = nets.lookup(&host);
    note(0, found ? *found : 0);
    line.push(&one, 0);
    line.push(&two, 0);
    line.peek(&got);
    note(1, got);
    line.pop(&got);
    line.pop(&got);
    note(2, got);
    pile.push(&one, BPF_ANY);
    pile.push(&two, BPF_ANY);
    pile.pop(&got);
    note(3, got);
    note(4, -pile.pop(&got) + -pile.pop(&got));
    note(5, outer.lookup(&index) == NULL);
    return 0;
}`,
    (object) => {
      act();
      const results = map<number, number>(object, 'results');
      assert.deepEqual(
        [0, 1, 2, 3, 4, 5].map((key) => results.lookup(key)),
        [2, 1, 2, 2, 2, 1],
      );
    },
  ));

test('stack traces, and a call of another program', () =>
  withDialect(
    `BPF_STACK_TRACE(stacks, 100);
BPF_PROG_ARRAY(next, 2);
BPF_HASH(results, u32, int);
${ON_ACT}
    u32 key = 0;
    int id = stacks.get_stackid(args, 0);
    results.update(&key, &id);
    next.call(args, 1);
    key = 1;
    results.update(&key, &id);
    return 0;
}
int called(struct tracepoint__syscalls__sys_enter_kill *args) {
    u32 key = 2;
    int pid = args->pid;
    results.update(&key, &pid);
    return 0;
}`,
    (object) => {
      const results = map<number, number>(object, 'results');
      act();
      const id = results.lookup(0)!;
      assert.ok(id >= 0, `bpf_get_stackid gave ${id}`);
      assert.ok(map(object, 'stacks').lookup(id) !== undefined);
      assert.deepEqual([results.lookup(1), results.lookup(2)], [id, undefined]);
      const next = object.maps['next'] as unknown as BpfMap<number, number, BpfProgram>;
      next.update(1, object.programs['called']!);
      act();
      assert.equal(results.lookup(2), process.pid);
    },
    { called: 'tracepoint' },
  ));

test('perf events, with the type that is submitted', () =>
  withDialect(
    `struct data { u32 pid; char comm[TASK_COMM_LEN]; };
BPF_PERF_OUTPUT(events);
${ON_ACT}
    struct data data = {};
    data.pid = bpf_get_current_pid_tgid() >> 32;
    bpf_get_current_comm(&data.comm, sizeof(data.comm));
    events.perf_submit(args, &data, sizeof(data));
    return 0;
}`,
    async (object) => {
      const buffer = PerfBuffer.open(object.maps['events']!.fd);
      act(3);
      const pids: number[] = [];
      buffer.consume((bytes) => void pids.push(new Uint32Array(bytes.slice(0, 4).buffer)[0]!));
      assert.deepEqual(pids, [process.pid, process.pid, process.pid]);
      buffer.close();
    },
  ));

test('every method of a ring', () =>
  withDialect(
    `struct sample { u64 number; char text[8]; };
BPF_RINGBUF_OUTPUT(ring, 1);
BPF_HASH(results, u32, u64);
${ON_ACT}
    struct sample copy = { 1, "output" };
    u32 key = 0;
    u64 size = ring.ringbuf_query(BPF_RB_RING_SIZE);
    ring.ringbuf_output(&copy, sizeof(copy), 0);
    struct sample *kept = ring.ringbuf_reserve(sizeof(struct sample));
    if (!kept) return 0;
    kept->number = 2;
    __builtin_memcpy(kept->text, "submit", 7);
    ring.ringbuf_submit(kept, BPF_RB_FORCE_WAKEUP);
    struct sample *dropped = ring.ringbuf_reserve(sizeof(struct sample));
    if (!dropped) return 0;
    ring.ringbuf_discard(dropped, 0);
    results.update(&key, &size);
    return 0;
}`,
    (object) => {
      act();
      const events: unknown[] = [];
      object.rings['ring']!.consume((event) => void events.push(event));
      assert.deepEqual(events, [
        { number: 1n, text: 'output' },
        { number: 2n, text: 'submit' },
      ]);
      const { size, dropped } = object.rings['ring']!.stats();
      assert.deepEqual([map<number, bigint>(object, 'results').lookup(0), dropped], [BigInt(size), 0n]);
    },
  ));

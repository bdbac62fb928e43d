import assert from 'node:assert/strict';
import { type Instruction, ProgramBuilder, R0, R1, R2, R3, R6, R7 } from '../../src/asm/index.ts';
import { ArgumentError } from '../../src/errors/index.ts';
import { type BpfObject, compileC, load } from '../../src/kernel/index.ts';
import { type RingBuffer, RingBufferGroup } from '../../src/ringbuf/index.ts';
import { RingFlags, wakeupEvery } from '../../src/spec/index.ts';
import { type Body, Child } from './support/child.ts';
import { act, withDialect } from './support/dialect.ts';
import { kernelTest as test } from './support/privileged.ts';
import { delay } from './support/proc.ts';
import { PAGE, Producer, range } from './support/producer.ts';
import { CONTEXT, reserve, type Sample } from './support/programs.ts';
import { withTracefs } from './support/tracefs.ts';

withTracefs();

/** Bytes of a record of 8 bytes in the ring. */
const RECORD = 16;
const RECORDS = 10;
/** For those that look at flags. */
const EVERY = 512;

/** Reserves, fills and submits a sample, choosing the flags by the unread bytes. */
function sendEvery(bytes: number): readonly Instruction[] {
  const b = new ProgramBuilder().mov(R6, R1);
  b.loadMap(R1, 'ring').mov(R2, 8).mov(R3, 0).call('ringbuf_reserve').jumpIf(R0, '==', 0, 'out');
  b.mov(R7, R0).load('u64', R1, R6, CONTEXT.sample).store('u64', R7, 0, R1);
  wakeupEvery(b, 'ring', bytes).mov(R1, R7).mov(R2, R0).call('ringbuf_submit');
  return b.label('out').mov(R0, 0).exit().build();
}

const IN_C = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <ringtail/wakeup.h>
char LICENSE[] SEC("license") = "Dual BSD/GPL";
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");
SEC("syscall") int send(void *ctx)
{
	__u64 value = 7;
	bpf_ringbuf_output(&ring, &value, sizeof(value), ringtail_wakeup_every(&ring, ${(RECORDS - 1) * RECORD}));
	return 0;
}
SEC("syscall") int flags(void *ctx)
{
	return ringtail_wakeup_every(&ring, ${EVERY});
}`;

const IN_DIALECT = `
BPF_RINGBUF_OUTPUT(ring, 1);
TRACEPOINT_PROBE(syscalls, sys_enter_kill) {
	if (bpf_get_current_pid_tgid() >> 32 != PID) return 0;
	u64 *value = ring.ringbuf_reserve(sizeof(*value));
	if (!value) return 0;
	*value = 7;
	ring.ringbuf_submit(value, ringtail_wakeup_every(&ring, ${RECORDS * RECORD}));
	return 0;
}`;

/** Lets all wake-ups that are under way arrive. */
async function settled(): Promise<void> {
  await delay(50);
}

/** A reader that sleeps is woken by the last of {@link RECORDS} records, and by no other. */
async function wakesAtTheLast(ring: RingBuffer<unknown>, send: () => void): Promise<void> {
  for (let round = 0; round < 3; round++) {
    let count = 0;
    const reading = ring.poll(() => void count++);
    await settled();
    for (let i = 1; i < RECORDS; i++) send();
    await settled();
    assert.equal(count, 0, 'woken too soon');
    send();
    // A poll may give way to the event loop before it has read all.
    assert.ok((await reading) > 0);
    ring.consume(() => void count++);
    assert.equal(count, RECORDS);
  }
}

/** The ring of an object, as bytes. */
function ringOf(object: BpfObject): RingBuffer<unknown> {
  return object.rings['ring']! as RingBuffer<unknown>;
}

test('wake-ups every N bytes, in each front end: by instructions, in C, in the dialect of BCC', async () => {
  {
    const program = {
      name: 'send_every',
      section: 'syscall',
      instructions: sendEvery(RECORDS * RECORD),
    };
    await using producer = await Producer.create(PAGE, [program]);
    await wakesAtTheLast(producer.ring, () => producer.send(1, { by: 'send_every' }));
  }
  {
    await using object = await load(await compileC(IN_C));
    await wakesAtTheLast(ringOf(object), () => object.programs['send']!.run());
  }
  await withDialect(IN_DIALECT, (object) => wakesAtTheLast(ringOf(object), act));
  assert.throws(() => wakeupEvery(new ProgramBuilder(), 'ring', 0), ArgumentError);
  assert.throws(() => wakeupEvery(new ProgramBuilder(), 'ring', 2 ** 31), ArgumentError);
});

test('a reader that is behind is not woken for every record, but at every N bytes again, by instructions as in C', async () => {
  const instructions = wakeupEvery(new ProgramBuilder(), 'ring', EVERY).exit().build();
  const flags = { name: 'flags', section: 'syscall', instructions };
  await using producer = await Producer.create(PAGE, [reserve(), flags]);
  await using inC = await load(await compileC(IN_C));
  const chosen: number[] = [];
  for (let unread = 0; unread <= 3 * EVERY; unread += RECORD) {
    const [own, fromC] = [producer.object, inC].map(({ programs }) => programs['flags']!.run().returnValue);
    assert.equal(own, fromC);
    chosen.push(own!);
    producer.send(0);
    inC.programs['send']!.run();
  }
  const forced = range(0, chosen.length)
    .filter((i) => chosen[i] === RingFlags.FORCE_WAKEUP)
    .map((i) => i * RECORD);
  // An eighth behind each multiple, and 8 bytes.
  const window = range(0, 5).map((i) => i * RECORD);
  const expected = [EVERY, 2 * EVERY].flatMap((start) => window.map((offset) => start + offset));
  assert.deepEqual(forced, [...expected, 3 * EVERY]);
  assert.ok(chosen.every((flag) => flag === RingFlags.FORCE_WAKEUP || flag === RingFlags.NO_WAKEUP));
});

test('what is submitted without a wake-up is read within the time of lookEvery(), however the ring is read', async () => {
  await using producer = await Producer.create(4 * PAGE);
  const { ring } = producer;
  const seen: number[] = [];
  const note = ({ sequence }: Readonly<Sample>): void => void seen.push(sequence);
  let sent = 0;
  /** A record for those who sleep already. */
  const sendLater = async (): Promise<void> => {
    await settled();
    assert.equal(producer.send(sent++, { flags: RingFlags.NO_WAKEUP }), 0);
  };

  const unheard = ring.poll(note, { timeoutMs: 200 });
  await sendLater();
  assert.equal(await unheard, 0);
  assert.equal(ring.consume(note), 1);

  for (const period of [0, -1, Number.NaN, 2 ** 31]) {
    assert.throws(() => ring.lookEvery(period), ArgumentError, String(period));
  }
  assert.equal(ring.lookEvery(20), ring);
  const signal = AbortSignal.timeout(10_000);
  const group = new RingBufferGroup().add(ring, note);
  for (const reading of [
    () => ring.poll(note, { signal }),
    () => ring.cursor.poll(note, { signal }),
    () => group.poll({ signal }),
    () => takeOne(ring.events({ signal }), note),
    () => takeOne(ring.batches({ signal }), (batch) => batch.forEach(note)),
  ]) {
    const read = reading();
    await sendLater();
    await read;
  }
  const worker = ring.inWorker();
  const first = worker.poll(note, { signal });
  await sendLater();
  await first;
  worker.lookEvery(undefined).lookEvery(10);
  const second = worker.poll(note, { signal });
  await sendLater();
  await second;
  worker.close();
  assert.deepEqual(seen, range(0, sent));
});

/** Reads one item of a loop, gives it back to the kernel, and ends it. */
async function takeOne<T>(items: AsyncIterableIterator<T>, note: (item: T) => void): Promise<void> {
  const { value } = await items.next();
  note(value);
  // An item is published when the next one is asked for.
  void items.next();
  await items.return!();
}

/** Reads a ring until `total` records were read. Prints the wake-ups, and the milliseconds that the last record waited. */
const countWakeups: Body<[id: number, total: number, everyMs: number | null]> = async (
  { ringbuf, sys },
  id,
  total,
  everyMs,
) => {
  const ring = ringbuf.RingBuffer.open(sys.openById('MAP', id)).lookEvery(everyMs ?? undefined);
  console.log('ready');
  let wakeups = 0;
  for (let count = 0; count < total; wakeups++) count += await ring.poll(() => {});
  console.log(String(wakeups));
};

test('each policy wakes its reader as often as it says, and nothing is left unread', async (t) => {
  const total = 200;
  const everyMs = 100;
  const counts: Record<string, number> = {};
  /** How often a reader looks by itself meanwhile, with some room. */
  const looks: Record<string, number> = {};
  for (const [policy, by, flags, lookEvery] of [
    ['adaptive', 'reserve', 0, null],
    ['every 20 records', 'send_every', 0, everyMs],
    ['timer', 'reserve', RingFlags.NO_WAKEUP, everyMs],
  ] as const) {
    const every = { name: 'send_every', section: 'syscall', instructions: sendEvery(20 * RECORD) };
    await using producer = await Producer.create(4 * PAGE, [reserve(), every]);
    const { mapId } = producer.ring;
    producer.ring.close();
    const child = Child.start(countWakeups, [mapId, total, lookEvery]);
    assert.equal(await child.line(), 'ready');
    await settled();
    const began = performance.now();
    for (let i = 0; i < total; i++) {
      producer.send(i, { by, flags });
      await delay(2);
    }
    counts[policy] = Number(await child.line());
    looks[policy] = (performance.now() - began) / everyMs + 5;
    await child.success();
  }
  t.diagnostic(`wake-ups for ${total} records, one in 2 ms: ${JSON.stringify(counts)}`);
  // Of a machine that is busy with other things the reader finds several records at a wake-up.
  assert.ok(counts['adaptive']! > 50);
  assert.ok(counts['every 20 records']! <= total / 20 + looks['every 20 records']!);
  assert.ok(counts['timer']! <= looks['timer']!);
});

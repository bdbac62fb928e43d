import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createDecoder } from '../../src/btf/index.ts';
import {
  ArgumentError,
  BusyError,
  ClosedError,
  NotSupportedError,
  RecordError,
} from '../../src/errors/index.ts';
import { BpfMap } from '../../src/kernel/index.ts';
import { RingTap, type TapItem } from '../../src/ringbuf/index.ts';
import { Mapping } from '../../src/sys/index.ts';
import { Child } from './support/child.ts';
import { Flooder } from './support/flooder.ts';
import { Holder } from './support/holder.ts';
import { isIntact, LibbpfFlood } from './support/libbpf-flood.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles, delay, ringMappings, until } from './support/proc.ts';
import { PAGE, Producer, range, sequences, takeAll } from './support/producer.ts';
import { type Sample, sampleType } from './support/programs.ts';

const { btf, id } = sampleType();
const decoder = createDecoder<Sample>(btf, id);

/** The next batches of a tap, until so many events are there. */
async function take<E>(tap: RingTap<E>, count: number): Promise<E[]> {
  const taken: E[] = [];
  for await (const batch of tap.batches({ signal: AbortSignal.timeout(10_000) })) {
    taken.push(...batch);
    if (taken.length >= count) break;
  }
  return taken;
}

/** What is in a tap now. */
async function takeItems(tap: RingTap<unknown>): Promise<TapItem[]> {
  for await (const items of tap.items({ signal: AbortSignal.timeout(10_000) })) return [...items];
  return [];
}

test('a tap gives every record as it comes; the owner gets all of them too, and its position does not move', async () => {
  await using producer = await Producer.create();
  const { ring } = producer;
  const tap = RingTap.open(ring.mapId, { decoder });
  producer.sendRange(0, 100);
  assert.deepEqual(sequences(await take(tap, 100)), range(0, 100));
  assert.equal(ring.stats().consumerPosition, 0n);
  assert.deepEqual(takeAll(ring), range(0, 100));
  producer.sendRange(100, 200);
  assert.deepEqual(takeAll(ring), range(100, 200));
  assert.deepEqual(sequences(await take(tap, 100)), range(100, 200), 'also what the owner has read before');
  assert.equal(tap.stats().gaps, 0);
  tap.close();
});

test('fromOldest begins with the first record, later with the oldest that the owner has not read', async () => {
  await using producer = await Producer.create();
  const { ring } = producer;
  producer.sendRange(0, 100);
  assert.deepEqual(takeAll(ring), range(0, 100));
  producer.sendRange(100, 200);
  const early = RingTap.open(ring.mapId, { decoder, fromOldest: true });
  assert.deepEqual(sequences(await take(early, 200)), range(0, 200), 'those that were read as well');
  early.close();
  assert.deepEqual(takeAll(ring), range(100, 200));
  producer.sendRange(200, 300);
  const late = RingTap.open(ring.mapId, { decoder, fromOldest: true });
  assert.deepEqual(sequences(await take(late, 100)), range(200, 300));
  late.close();
});

test('discarded records are skipped and counted', async () => {
  await using producer = await Producer.create();
  const tap = RingTap.open(producer.ring.mapId, { decoder });
  for (const sequence of range(0, 10)) producer.send(sequence, { discard: sequence % 2 === 0 });
  assert.deepEqual(sequences(await take(tap, 5)), [1, 3, 5, 7, 9]);
  assert.equal(tap.stats().discarded, 5);
  tap.close();
});

test('a look now and then goes on where the one before stopped, and holds nothing in between', async () => {
  await using producer = await Producer.create();
  const { mapId } = producer.ring;
  let position: bigint | undefined;
  const look = (): bigint[] => {
    const tap = RingTap.open(mapId, { fromOldest: true, from: position });
    const items = tap.read();
    ({ position } = tap.stats());
    tap.close();
    assert.equal(ringMappings(), mapped);
    return items.map((item) => (item.kind === 'gap' ? -item.bytes : item.position));
  };
  const mapped = ringMappings();
  assert.deepEqual(look(), []);
  producer.sendRange(0, 2);
  assert.deepEqual(look(), [0n, 16n]);
  producer.send(2, { discard: true });
  assert.deepEqual(look(), []);
  assert.equal(position, 48n);
  producer.send(3);
  takeAll(producer.ring);
  assert.deepEqual(look(), [48n], 'also what the owner has read');
  for (let i = 0; i < 300; i++) {
    producer.send(i);
    takeAll(producer.ring);
  }
  assert.deepEqual(look(), [-4800n], 'overwritten meanwhile');
  for (const wrong of [-8n, 4n, position! + 8n]) {
    assert.throws(() => RingTap.open(mapId, { from: wrong }), ArgumentError);
  }
  assert.equal(ringMappings(), mapped);

  const tap = RingTap.open(mapId);
  const loop = tap.items();
  const next = loop.next();
  assert.throws(() => tap.read(), BusyError);
  producer.send(0);
  await next;
  await loop.return?.();
  tap.close();
  assert.throws(() => tap.read(), ClosedError);
});

test('a record in writing is waited for, and what comes behind it waits too', async () => {
  await using producer = await Producer.create();
  const tap = RingTap.open(producer.ring.mapId, { decoder });
  const holder = await Holder.start(producer, 0);
  producer.sendRange(1, 4);
  const taken = take(tap, 4);
  await until('the tap to meet it', () => tap.stats().busyWaits === 1);
  assert.equal(tap.stats().delivered, 0);
  await holder.release();
  assert.deepEqual(sequences(await taken), [0, 1, 2, 3]);
  assert.equal(tap.stats().busyWaits, 1);
  tap.close();
  await holder.end();
});

test('a tap that is overtaken goes on at the newest record and tells what it left out', async () => {
  await using producer = await Producer.create();
  const { ring } = producer;
  const tap = RingTap.open(ring.mapId, { decoder });
  const fill = (from: number, to: number): void => {
    producer.sendRange(from, to);
    takeAll(ring);
  };
  // 255 records of 16 bytes are all but 16 bytes of the ring: the oldest is intact until one more comes.
  fill(0, 255);
  const intact = RingTap.open(ring.mapId, { decoder, fromOldest: true });
  assert.deepEqual(sequences(await take(intact, 255)), range(0, 255));
  intact.close();
  fill(255, 256);
  assert.equal(tap.stats().position, 0n);
  assert.deepEqual(await takeItems(tap), [{ kind: 'gap', position: 0n, bytes: 4096n, records: undefined }]);
  fill(256, 259);
  const items = await takeItems(tap);
  assert.deepEqual(
    items.map((item) => (item.kind === 'record' ? item.position : item)),
    [4096n, 4112n, 4128n],
  );
  const { gaps, skippedBytes, delivered } = tap.stats();
  assert.deepEqual({ gaps, skippedBytes, delivered }, { gaps: 1, skippedBytes: 4096n, delivered: 3 });
  tap.close();
});

test('a flooded ring: whatever a tap gives is what a program wrote, in order, and the rest is counted', async (t) => {
  await using producer = await Producer.create(8 * PAGE);
  const { ring } = producer;
  // An emulated machine is slow.
  const total = process.env['RINGTAIL_EMULATED'] === undefined ? 400_000 : 40_000;
  const tap = RingTap.open(ring.mapId, { decoder });
  const flooder = Flooder.start(ring.mapId, { cpu: 1, producer: 5, total });
  await flooder.began();
  let tapped = 0;
  let last = -1;
  const watch = (async () => {
    for await (const batch of tap.batches({ max: 100 })) {
      for (const sample of batch) {
        assert.equal(sample.producer, 5);
        assert.ok(sample.sequence > last, `${sample.sequence} behind ${last}`);
        last = sample.sequence;
        tapped++;
      }
    }
  })();
  let next = 0;
  const ended = flooder.ended();
  let sent: number | undefined;
  void ended.then((flooded) => {
    sent = flooded.sent;
  });
  while (sent === undefined || next < sent) {
    await ring.cursor.poll(
      (sample) => {
        assert.equal(sample.sequence, next++, 'the owner gets each, in order');
      },
      { timeoutMs: 100 },
    );
  }
  await until('the tap to be done', () => tap.stats().position === tap.stats().producerPosition);
  const { skippedBytes, skippedRecords, gaps, position } = tap.stats();
  assert.equal(BigInt(tapped) * 16n + skippedBytes, position, 'each byte was given or counted');
  t.diagnostic(
    `${tapped} of ${sent} tapped, ${gaps} gaps, ${skippedBytes} bytes left out, ${skippedRecords} counted`,
  );
  tap.close();
  await watch;
});

test("a libbpf program's ring: records of many lengths are intact to the byte, and its owner misses none", async (t) => {
  const flood = await LibbpfFlood.create({ total: 300_000, size: 16 * PAGE, cpu: 1 });
  const tap = RingTap.open(flood.mapId);
  flood.begin();
  let done: { seen: number; wrong: number } | undefined;
  void flood.owner().then((owner) => {
    done = owner;
  });
  let tapped = 0;
  let rounds = 0;
  let bytes = 0n;
  let skipped = 0n;
  const stop = new AbortController();
  void until(
    'the end',
    () => done !== undefined && tap.stats().position === tap.stats().producerPosition,
  ).then(() => stop.abort());
  const reading = (async () => {
    for await (const items of tap.items({ signal: stop.signal })) {
      for (const item of items) {
        if (item.kind === 'gap') {
          skipped += item.bytes;
          continue;
        }
        assert.ok(
          isIntact(item.bytes),
          `position ${item.position}: ${Buffer.from(item.bytes).toString('hex')}`,
        );
        tapped++;
        bytes += BigInt(item.bytes.length + 8);
      }
      // Now and then slower than the program, to be overtaken.
      if (++rounds % 20 === 0) await delay(5);
    }
  })();
  await assert.rejects(reading, { name: 'AbortError' });
  const { discarded, gaps, skippedBytes, skippedRecords, position } = tap.stats();
  assert.deepEqual(done, { seen: 300_000, wrong: 0 });
  assert.ok(gaps > 0 && tapped > 0, `${gaps} gaps, ${tapped} records: it must have been overtaken`);
  assert.equal(skipped, skippedBytes);
  assert.equal(bytes + skippedBytes + BigInt(discarded) * 272n, position, 'each byte was given or counted');
  t.diagnostic(`${tapped} of 300000 tapped, ${gaps} gaps, ${skippedRecords} left out were counted`);
  tap.close();
  await flood.end();
});

test('a tap changes nothing: the pages of the ring are the same before and behind it', async () => {
  await using producer = await Producer.create();
  producer.sendRange(0, 50);
  const fd = producer.object.maps['ring']!.fd;
  const look = (): string => {
    const pages = new Mapping(fd, { offset: 0, length: 4 * PAGE, writable: false, what: 'ring' });
    const text = Buffer.from(new Uint8Array(pages.buffer)).toString('hex');
    pages.close();
    return text;
  };
  const before = look();
  const writable = writableMappings();
  const tap = RingTap.open(producer.ring.mapId, { decoder, fromOldest: true });
  assert.equal(writableMappings(), writable);
  assert.equal((await take(tap, 50)).length, 50);
  tap.close();
  assert.equal(look(), before);
});

/** Mappings of BPF maps that this process may write to. */
function writableMappings(): number {
  const lines = readFileSync('/proc/self/maps', 'utf8').split('\n');
  return lines.filter((line) => line.includes('bpf-map') && line.includes(' rw-s ')).length;
}

test('a ring lives as long as its tap, without an fd, and no longer', async () => {
  const child = Child.start(async ({ producer: { Producer } }) => {
    const owner = await Producer.create();
    owner.sendRange(0, 10);
    console.log(owner.ring.mapId);
    setInterval(() => {}, 1000);
  }, []);
  const mapId = Number(await child.line());
  const tap = RingTap.open(mapId, { decoder, fromOldest: true });
  assert.deepEqual(bpfFiles(), []);
  await child.kill();
  assert.deepEqual(sequences(await take(tap, 10)), range(0, 10), 'records of an owner that is gone');
  BpfMap.openId(mapId).close();
  tap.close();
  assert.equal(ringMappings(), 0);
  await until('the ring to be freed', () => {
    try {
      BpfMap.openId(mapId).close();
      return false;
    } catch {
      return true;
    }
  });
});

test('close ends loops, abort rejects, one loop at a time', async () => {
  await using producer = await Producer.create();
  const tap = RingTap.open(producer.ring.mapId, { decoder });
  const loop = take(tap, 1);
  assert.rejects(tap.events().next(), BusyError);
  tap.close();
  tap.close();
  assert.deepEqual(await loop, []);
  await assert.rejects(tap.events().next(), ClosedError);
  assert.throws(() => tap.stats(), ClosedError);
  const other = RingTap.open(producer.ring.mapId);
  const signal = AbortSignal.timeout(20);
  await assert.rejects(other.batches({ signal }).next(), { name: 'AbortError' });
  producer.sendRange(0, 3);
  const [first] = await take(other, 1);
  assert.deepEqual([...first!], [0, 0, 0, 0, 0, 0, 0, 0]);
  other.close();
});

test('a record that is too short for its type is told, and passed', async () => {
  await using producer = await Producer.create();
  const tap = RingTap.open(producer.ring.mapId, { decoder });
  producer.send(0);
  producer.sendBytes(4);
  producer.send(2);
  const batches = tap.batches();
  assert.deepEqual(sequences((await batches.next()).value), [0]);
  await assert.rejects(batches.next(), RecordError);
  assert.deepEqual(sequences(await take(tap, 1)), [2]);
  tap.close();
});

test('what is no ring that can be tapped is refused', () => {
  const user = BpfMap.create({ name: 'user', type: 'USER_RINGBUF', maxEntries: PAGE });
  const hash = BpfMap.create({ name: 'hash', type: 'HASH', keySize: 4, valueSize: 4, maxEntries: 1 });
  assert.throws(() => RingTap.open(user.info().id), NotSupportedError);
  assert.throws(() => RingTap.open(hash.info().id), ArgumentError);
  assert.throws(() => RingTap.open('/sys/fs/bpf/no-such-pin'), /ENOENT/);
  user.close();
  hash.close();
  assert.deepEqual(bpfFiles(), []);
});

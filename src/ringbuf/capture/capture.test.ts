import assert from 'node:assert/strict';
import test from 'node:test';
import { Btf, BtfBuilder, createDecoder, extractType, recordMemory } from '../../btf/index.ts';
import { ObjectFormatError, RingtailError } from '../../errors/index.ts';
import type { TapItem } from '../ring-tap.ts';
import { Block, type CaptureInfo } from './format.ts';
import { type Capture, type CapturedItem, readCapture } from './reader.ts';
import { CaptureWriter } from './writer.ts';

/** `struct event { struct event *next; u32 pids[2]; }`, among others. */
function eventType(): { btf: Btf; id: number } {
  const b = new BtfBuilder();
  b.int('unrelated', 8);
  const u32 = b.int('u32', 4);
  const pids = b.add({ kind: 'array', type: u32, indexType: u32, count: 2 });
  const next = b.add({ kind: 'ptr', type: b.nextId + 1 });
  const id = b.add({
    kind: 'struct',
    name: 'event',
    size: 16,
    members: [
      { name: 'next', type: next, bitOffset: 0, bitSize: 0 },
      { name: 'pids', type: pids, bitOffset: 64, bitSize: 0 },
    ],
  });
  return { btf: Btf.parse(b.build(), { name: 'event' }), id };
}

const INFO: CaptureInfo = {
  name: 'events',
  mapId: 42,
  size: 4096,
  kernel: '6.18.0',
  wallTime: 1_700_000_000_000_000_000n,
  monotonicTime: 1_000_000n,
};

const ITEMS: readonly TapItem[] = [
  { kind: 'record', position: 16n, bytes: Uint8Array.of(1, 2, 3) },
  { kind: 'gap', position: 32n, bytes: 4096n, records: undefined },
  { kind: 'gap', position: 4128n, bytes: 48n, records: 3 },
  { kind: 'record', position: 4176n, bytes: new Uint8Array(16).fill(7) },
];

function capture(info: CaptureInfo = INFO): Buffer {
  const writer = new CaptureWriter(info);
  return Buffer.concat([writer.begin(), writer.add(ITEMS, 1_500_000n), writer.end()]);
}

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(
  bytes: Uint8Array,
  size = 4096,
): Promise<{ info: Capture['info']; items: CapturedItem[] }> {
  const { info, items } = await readCapture(chunksOf(bytes, size), 'file');
  const all: CapturedItem[] = [];
  for await (const item of items) all.push(item);
  return { info, items: all };
}

test('a capture comes back as it was, whatever the chunks', async () => {
  for (const size of [1, 7, 4096]) {
    const { info, items } = await read(capture(), size);
    assert.deepEqual(info, INFO);
    assert.deepEqual(
      items.map(({ time, ...item }) => [time, item]),
      ITEMS.map((item) => [1_500_000n, item]),
    );
  }
});

test('the type of the events comes with it, and nothing else', async () => {
  const event = eventType();
  const { info } = await read(capture({ ...INFO, event }));
  const { btf, id } = info.event!;
  assert.equal(btf.find('int', 'unrelated'), undefined);
  const memory = recordMemory(new Uint32Array([1, 0, 5, 6]).buffer, 0, 16);
  assert.deepEqual(
    createDecoder(btf, id).decode(memory, 0),
    createDecoder(event.btf, event.id).decode(memory, 0),
  );
});

test('a type that is no value cannot be extracted', () => {
  const b = new BtfBuilder();
  const id = b.add({ kind: 'func_proto', returnType: 0, params: [] });
  assert.throws(() => extractType(Btf.parse(b.build()), id), RingtailError);
});

test('a capture cut short gives what is whole, then says where it ends', async () => {
  const whole = capture({ ...INFO, event: eventType() });
  const full = (await read(whole)).items;
  for (let length = 0; length < whole.length; length++) {
    const items: CapturedItem[] = [];
    const reading = (async () => {
      const opened = await readCapture(chunksOf(whole.subarray(0, length), 64), 'file');
      for await (const item of opened.items) items.push(item);
    })();
    await assert.rejects(reading, (error) => error instanceof ObjectFormatError && error.offset <= length);
    assert.deepEqual(items, full.slice(0, items.length));
  }
});

test('damage anywhere is a typed error, or is skipped as an unknown block', async () => {
  const whole = capture({ ...INFO, event: eventType() });
  for (let at = 0; at < whole.length; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= flip;
      await assert.rejects(read(damaged), ObjectFormatError, `byte ${at} ^ ${flip}`);
    }
  }
});

test('blocks of later versions are skipped', async () => {
  const writer = new CaptureWriter(INFO);
  const begin = writer.begin();
  const unknown = Uint32Array.of(99, 4, 1, 0);
  const bytes = Buffer.concat([begin, new Uint8Array(unknown.buffer), writer.add(ITEMS, 1n)]);
  const { items } = await readCapture(chunksOf(bytes, 64), 'file');
  assert.equal((await items.next()).value?.kind, 'record');
});

test('a block that claims to be huge is refused before it is waited for', async () => {
  const begin = new CaptureWriter(INFO).begin();
  const huge = new Uint8Array(Uint32Array.of(Block.RECORD, 0x7fff_ffff).buffer);
  await assert.rejects(read(Buffer.concat([begin, huge])), /at most 4112 bytes/);
});

import assert from 'node:assert/strict';
import test from 'node:test';
import { ObjectFormatError } from '../errors/index.ts';
import { image } from './image.test.support.ts';
import { type UsdtProbe, usdtProbes } from './usdt.ts';
import { SectionType } from './wire.ts';

interface Note {
  readonly address?: number;
  readonly base?: number;
  readonly semaphore?: number;
  readonly texts?: string;
  readonly type?: number;
  readonly size?: number;
}

function note({
  address = 0x401500,
  base = 0x401000,
  semaphore = 0,
  texts,
  type = 3,
  size,
}: Note): Uint8Array {
  const words = Buffer.from(texts ?? 'provider\0name\x008@%rax\0');
  const length = size ?? 24 + words.length;
  const bytes = new Uint8Array(20 + ((24 + words.length + 3) & ~3));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 8, true);
  view.setUint32(4, length, true);
  view.setUint32(8, type, true);
  bytes.set(Buffer.from('stapsdt\0'), 12);
  for (const [i, value] of [address, base, semaphore].entries())
    view.setBigUint64(20 + i * 8, BigInt(value), true);
  bytes.set(words, 44);
  return bytes;
}

function probes(data: Uint8Array, base?: number): UsdtProbe[] {
  const notes = { name: '.note.stapsdt', type: SectionType.NOTE, data };
  const sections = base === undefined ? [notes] : [notes, { name: '.stapsdt.base', address: base }];
  return [...usdtProbes(image({ sections }))];
}

test('each note is a probe: names, place in the file, semaphore', () => {
  const data = Buffer.concat([note({}), note({ type: 4 }), note({ semaphore: 0x602008, texts: 'a\0b\0\0' })]);
  assert.deepEqual(probes(data), [
    { provider: 'provider', name: 'name', args: '8@%rax', offset: 0x1500 },
    { provider: 'a', name: 'b', args: '', offset: 0x1500, semaphore: 0x2008 },
  ]);
});

test('a file that was moved since it was linked', () => {
  assert.equal(probes(note({ address: 0x1500, base: 0x1000 }), 0x401000)[0]!.offset, 0x1500);
});

test('a file without notes has no probes', () => {
  assert.deepEqual([...usdtProbes(image({}))], []);
});

test('damaged notes are refused where they are', () => {
  const damaged: Uint8Array[] = [
    note({}).subarray(0, 11),
    note({}).subarray(0, 40),
    note({ size: 0xffff_ffff }),
    note({ size: 20 }),
    note({ texts: 'provider' }),
    note({ address: 0 }),
    note({ semaphore: 0x602100 }),
  ];
  for (const data of damaged) assert.throws(() => probes(data), ObjectFormatError);
});

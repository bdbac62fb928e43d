import assert from 'node:assert/strict';
import test from 'node:test';
import { Btf, BtfBuilder, type BtfMember } from '../btf/index.ts';
import { TypeMismatchError } from '../errors/index.ts';
import { setEventTypes } from './declared-type.ts';
import type { MapSpec, ObjectSpec } from './object.ts';
import { checkLayout, layoutOf } from './object-layout.ts';

/** An object with a ring of `struct event`, a hash from u32 to u64, a variable and a program. */
function object({
  members = ['pid', 'tid'],
  size = 4,
  seen = 8,
  type = 'HASH',
}: {
  members?: readonly string[];
  size?: 4 | 8;
  seen?: 4 | 8;
  type?: MapSpec['type'];
} = {}): ObjectSpec {
  const b = new BtfBuilder();
  const u32 = b.int('unsigned int', 4);
  const u64 = b.int('unsigned long', 8);
  const of = size === 4 ? u32 : u64;
  const fields = members.map(
    (name, i): BtfMember => ({ name, type: of, bitOffset: i * size * 8, bitSize: 0 }),
  );
  const event = b.add({ kind: 'struct', name: 'event', size: size * members.length, members: fields });
  const btf = Btf.parse(b.build());
  return {
    name: 'exec.bpf.o',
    license: 'GPL',
    btf,
    maps: [
      { name: 'events', type: 'RINGBUF', maxEntries: 4096, event: { btf, id: event } },
      { name: 'counts', type, maxEntries: 1, key: { btf, id: u32 }, value: { btf, id: u64 } },
      { name: 'sums', type: 'PERCPU_ARRAY', maxEntries: 1, keySize: 4, valueSize: 24 },
      { name: 'nets', type: 'LPM_TRIE', maxEntries: 1, keySize: 20, value: { btf, id: u32 } },
      { name: 'tails', type: 'PROG_ARRAY', maxEntries: 1, key: { btf, id: u32 }, valueSize: 4 },
      { name: '.bss', type: 'ARRAY', maxEntries: 1, keySize: 4, valueSize: 8 },
    ],
    variables: [
      {
        name: 'seen',
        map: '.bss',
        offset: 0,
        size: seen,
        type: { btf, id: seen === 8 ? u64 : u32 },
        linkage: 'global',
      },
    ],
    programs: [{ name: 'on_exec', section: 'socket', instructions: [] }],
  };
}

const EXPECTED = layoutOf(object());

/** What is told of an object that is no longer the one. */
function mismatch(spec: ObjectSpec): Record<string, unknown> {
  try {
    checkLayout(spec, EXPECTED);
  } catch (error) {
    assert.ok(error instanceof TypeMismatchError);
    assert.equal(error.code, 'RINGTAIL_TYPE_MISMATCH');
    assert.match(error.remedy, /ringtail types/);
    assert.ok(error.message.includes('object exec.bpf.o') && error.message.includes(error.part));
    const { part, member, expected, actual } = error;
    return { part, ...(member === undefined ? {} : { member }), expected, actual };
  }
  assert.fail('it passed');
}

test('the layout has rings, maps, variables and programs, and no maps of global data', () => {
  assert.deepEqual(EXPECTED, {
    rings: { events: ['struct of 8 bytes', 'pid: u32 @0', 'tid: u32 @4'] },
    maps: {
      events: { type: 'RINGBUF' },
      counts: { type: 'HASH', key: ['u32'], value: ['u64'] },
      sums: { type: 'PERCPU_ARRAY', key: ['u8[4]'], value: ['u8[24]'] },
      nets: { type: 'LPM_TRIE', key: ['prefix of 16 bytes'], value: ['u32'] },
      tails: { type: 'PROG_ARRAY', key: ['u32'], value: ['map or program'] },
    },
    variables: { seen: ['u64'] },
    programs: ['on_exec'],
  });
});

test('the object itself passes, and so does one that has more', () => {
  checkLayout(object(), EXPECTED);
  const { maps, programs, ...rest } = object();
  const more = { name: 'more', type: 'ARRAY', keySize: 4, valueSize: 4, maxEntries: 1 } as const;
  checkLayout(
    { ...rest, maps: [more, ...maps], programs: [...programs, { ...programs[0]!, name: 'b' }] },
    EXPECTED,
  );
});

test('a member that went, came, moved or changed is told by its name', () => {
  const part = 'ring events';
  assert.deepEqual(mismatch(object({ members: ['process', 'tid'] })), {
    part,
    member: 'pid',
    expected: 'u32 @0',
    actual: 'no such member',
  });
  assert.deepEqual(mismatch(object({ members: ['ppid', 'pid', 'tid'] })), {
    part,
    member: 'ppid',
    expected: 'no such member',
    actual: 'u32 @0',
  });
  assert.deepEqual(mismatch(object({ members: ['tid', 'pid'] })), {
    part,
    member: 'pid',
    expected: 'u32 @0',
    actual: 'u32 @4',
  });
  assert.deepEqual(mismatch(object({ size: 8 })), {
    part,
    member: 'pid',
    expected: 'u32 @0',
    actual: 'u64 @0',
  });
});

test('another type of a map or variable, or one that is not there, is told by its name', () => {
  assert.deepEqual(mismatch(object({ type: 'PERCPU_HASH' })), {
    part: 'map counts',
    expected: 'HASH',
    actual: 'PERCPU_HASH',
  });
  assert.deepEqual(mismatch(object({ seen: 4 })), { part: 'variable seen', expected: 'u64', actual: 'u32' });
  const spec = object();
  assert.deepEqual(mismatch({ ...spec, programs: [] }), {
    part: 'program on_exec',
    expected: 'a program',
    actual: 'nothing of that name',
  });
  assert.deepEqual(mismatch({ ...spec, maps: [] }), {
    part: 'ring events',
    expected: 'struct of 8 bytes',
    actual: 'nothing of that name',
  });
  const bytes = spec.maps.map(({ event: _, ...map }) => map);
  assert.deepEqual(mismatch({ ...spec, maps: bytes }), {
    part: 'ring events',
    expected: 'struct of 8 bytes',
    actual: 'bytes',
  });
});

test('the type that a ring was given counts', () => {
  const { maps, ...rest } = object();
  const untyped = { ...rest, maps: maps.map(({ event: _, ...map }) => map) };
  checkLayout(setEventTypes(untyped, { events: 'struct event' }), EXPECTED);
  checkLayout(setEventTypes(untyped, { events: 'struct { u32 pid; u32 tid; }' }), EXPECTED);
  const other = setEventTypes(untyped, { events: 'struct { u32 pid; s32 tid; }' });
  assert.deepEqual(mismatch(other), {
    part: 'ring events',
    member: 'tid',
    expected: 'u32 @4',
    actual: 's32 @4',
  });
  assert.throws(() => setEventTypes(untyped, { event: 'struct event' }), {
    name: 'NotFoundError',
    remedy: 'It has: events.',
  });
});

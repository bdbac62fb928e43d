import assert from 'node:assert/strict';
import test from 'node:test';
import type { CoreKind } from '../../asm/index.ts';
import type { Btf } from '../../btf/index.ts';
import { essentialName } from './names.ts';
import { ask, local, member, question, resolved, struct, types } from './relocate.test.support.ts';

test('fields: offset, size, existence, sign and shifts of the target', () => {
  const field = { ...question, type: local.task };
  assert.equal(resolved({ ...field, kind: 'byte_off', access: '0:0' }), 16n);
  assert.equal(
    resolved({ ...field, kind: 'byte_off', access: '0:1', holds: 8n }),
    8n,
    'in an anonymous union',
  );
  assert.equal(resolved({ ...field, kind: 'byte_off', access: '0:3:0', holds: 32n }), 40n);
  assert.equal(resolved({ ...field, kind: 'byte_off', access: '2:0', holds: 96n }), 144n, 'element 2');
  assert.equal(resolved({ ...field, kind: 'byte_off', access: '0:2:2', holds: 24n }), 32n);
  assert.equal(resolved({ ...field, kind: 'byte_sz', access: '0:0', holds: 4n }), 8n);
  assert.equal(resolved({ ...field, kind: 'byte_sz', access: '0:2', holds: 16n }), 12n);
  assert.equal(resolved({ ...field, kind: 'byte_sz', access: '0:2:1', holds: 4n }), 4n);
  assert.equal(resolved({ ...field, kind: 'field_exists', access: '0:0', holds: 1n }), 1n);
  assert.deepEqual(ask({ ...field, kind: 'field_exists', access: '0:5', holds: 1n }), {
    status: 'absent',
    value: 0n,
  });
  assert.equal(resolved({ ...field, kind: 'signed', access: '0:1' }), 0n);
  assert.equal(resolved({ ...field, kind: 'signed', access: '0:0', holds: 1n }), 1n);
  assert.equal(resolved({ ...field, kind: 'lshift_u64', access: '0:0', holds: 32n }), 0n);
  assert.equal(resolved({ ...field, kind: 'rshift_u64', access: '0:0', holds: 32n }), 0n);
});

test('an element of an array at a part of a byte, which only damage makes, is where its byte is', () => {
  const from = types((b) => {
    const u32 = b.int('unsigned int', 4);
    const list = b.add({ kind: 'array', type: u32, indexType: u32, count: 4 });
    return { list: struct(b, 'list', 20, member('items', list, 3)) };
  });
  const question = { local: from.btf, target: from.btf, type: from.list, access: '0:0:1' };
  assert.equal(resolved({ ...question, kind: 'byte_off', holds: 4n }), 4n);
});

test('a flexible array has any element, an array in the middle only its own', () => {
  assert.equal(
    resolved({ ...question, kind: 'byte_off', type: local.tail, access: '0:1:9', holds: 40n }),
    52n,
  );
  const outcome = ask({ ...question, kind: 'byte_off', type: local.task, access: '0:2:3', holds: 28n });
  assert.equal(outcome.status, 'poisoned');
  assert.match('poison' in outcome ? outcome.poison.reason : '', /has 3 elements/);
});

test('only an array without elements at the end of its struct is flexible', () => {
  const make = (count: number, last: boolean) =>
    types((b) => {
      const u32 = b.int('unsigned int', 4);
      const array = b.add({ kind: 'array', type: u32, indexType: u32, count });
      const after = last ? [] : [member('after', u32, 96)];
      return { s: struct(b, 's', 16, member('data', array), ...after) };
    });
  const from = make(9, false);
  const status = (to: { btf: Btf }) =>
    ask({ local: from.btf, target: to.btf, kind: 'byte_off', type: from.s, access: '0:0:5', holds: 20n })
      .status;
  assert.equal(status(make(0, true)), 'resolved');
  assert.equal(status(make(0, false)), 'poisoned');
  assert.equal(status(make(3, true)), 'poisoned');
});

test('the essential name ends at the last ___ between other characters', () => {
  const names = {
    task: 'task',
    task___a: 'task',
    a___b___c: 'a___b',
    ___a: '___a',
    a____b: 'a____b',
    a___: 'a___',
  };
  for (const [name, essential] of Object.entries(names)) assert.equal(essentialName(name), essential);
});

test('bitfields: the smallest aligned load that has all bits, and the shifts that leave only them', () => {
  const layout = (littleEndian: boolean, bitOffset: number, bitSize: number) =>
    types(
      (b) => {
        const u32 = b.int('unsigned int', 4);
        return { bits: struct(b, 'bits', 16, member('f', u32, bitOffset, bitSize)), int: u32 };
      },
      { littleEndian },
    );
  // Bytes from a load, shifted left and right as 64 bits, must leave the field's bits.
  for (const littleEndian of [true, false]) {
    for (const [bitOffset, bitSize] of [
      [0, 1],
      [9, 7],
      [31, 1],
      [30, 8],
      [37, 27],
      [64, 32],
      [1, 63],
    ] as const) {
      const from = layout(littleEndian, 3, 5);
      const to = layout(littleEndian, bitOffset, bitSize);
      const answer = (kind: CoreKind, holds = 0n) =>
        Number(resolved({ local: from.btf, target: to.btf, kind, type: from.bits, access: '0:0', holds }));
      const offset = answer('byte_off');
      const size = answer('byte_sz');
      const left = BigInt(answer('lshift_u64'));
      const right = BigInt(answer('rshift_u64', 59n));
      const value = (1n << BigInt(bitSize)) - 1n;
      const bytes = writeBits(16, bitOffset, bitSize, littleEndian);
      let loaded = 0n;
      for (let i = 0; i < size; i++) {
        loaded |= BigInt(bytes[offset + i]!) << BigInt(8 * (littleEndian ? i : size - 1 - i));
      }
      const where = `${bitSize} bits at ${bitOffset}, ${littleEndian ? 'little' : 'big'}-endian`;
      assert.equal(BigInt.asUintN(64, loaded << left) >> right, value, where);
      assert.equal(offset % size, 0, where);
    }
  }
});

/** Bytes in which only the bits of one field are set; big-endian numbers them from the top of each byte. */
function writeBits(length: number, bitOffset: number, bitSize: number, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let bit = bitOffset; bit < bitOffset + bitSize; bit++) {
    bytes[bit >> 3]! |= littleEndian ? 1 << (bit & 7) : 0x80 >> (bit & 7);
  }
  return bytes;
}

test('a bitfield that no load of 8 bytes has is poisoned', () => {
  const make = (bitOffset: number) =>
    types((b) => ({ bits: struct(b, 'bits', 32, member('f', b.int('u64', 8), bitOffset, 63)) }));
  const from = make(0);
  const outcome = ask({
    local: from.btf,
    target: make(2).btf,
    kind: 'byte_off',
    type: from.bits,
    access: '0:0',
  });
  assert.equal(outcome.status, 'poisoned');
  assert.match('poison' in outcome ? outcome.poison.reason : '', /cannot be read with one load/);
});

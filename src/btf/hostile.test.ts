// Types that no compiler writes, and all that is done with types: each ends in an error of the format, soon.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ObjectFormatError } from '../errors/index.ts';
import { Btf } from './btf.ts';
import { BtfBuilder } from './builder.ts';
import { cpuMs } from './cpu-time.test.support.ts';
import { createDecoder } from './decoder.ts';
import { formatC } from './print-c.ts';
import { formatTypeScript } from './print-ts.ts';
import { formatType } from './type-name.ts';
import type { BtfMember } from './types.ts';

const USES: Readonly<Record<string, (btf: Btf, id: number) => unknown>> = {
  sizeof: (btf, id) => btf.sizeof(id),
  alignof: (btf, id) => btf.alignof(id),
  decoder: (btf, id) => createDecoder(btf, id),
  c: (btf, id) => formatC(btf, { roots: [id] }),
  ts: (btf, id) => formatTypeScript(btf, { roots: [id] }),
};

function member(name: string, type: number, bitOffset = 0): BtfMember {
  return { name, type, bitOffset, bitSize: 0 };
}

/** By what is wrong: makes the type, and names the uses that must refuse it. */
const HOSTILE: readonly (readonly [string, string, (builder: BtfBuilder) => number])[] = [
  [
    'a typedef of itself',
    'sizeof alignof decoder c ts',
    (b) => b.add({ kind: 'typedef', name: 't', type: b.nextId }),
  ],
  [
    'an array of itself',
    'sizeof alignof decoder c ts',
    (b) => {
      const array = b.add({ kind: 'array', type: b.nextId, indexType: b.nextId, count: 1 });
      return b.add({ kind: 'typedef', name: 't', type: array });
    },
  ],
  [
    'a struct within itself',
    'alignof decoder c',
    (b) => b.add({ kind: 'struct', name: 's', size: 8, members: [member('self', b.nextId)] }),
  ],
  [
    'members without a size',
    'alignof decoder c ts',
    (b) => {
      const proto = b.add({ kind: 'func_proto', returnType: 0, params: [] });
      return b.add({ kind: 'struct', name: 's', size: 8, members: [member('f', proto)] });
    },
  ],
  [
    'a member that is void',
    'alignof decoder c ts',
    (b) => b.add({ kind: 'struct', name: 's', size: 8, members: [member('nothing', 0)] }),
  ],
  [
    'elements without a size',
    'sizeof alignof decoder ts',
    (b) => {
      const array = b.add({ kind: 'array', type: 0, indexType: 0, count: 4 });
      return b.add({ kind: 'typedef', name: 't', type: array });
    },
  ],
  [
    'arrays of 2^32 elements, 30 within each other',
    'decoder c',
    (b) => {
      let type = b.int('int', 4, 'signed');
      for (let i = 0; i < 30; i++) type = b.add({ kind: 'array', type, indexType: 1, count: 0xffff_ffff });
      return b.add({ kind: 'struct', name: 's', size: 0xffff_ffff, members: [member('x', type)] });
    },
  ],
  [
    'an enum of 16 bytes',
    'decoder c',
    (b) => b.add({ kind: 'enum', name: 'e', size: 16, signed: false, values: [{ name: 'A', value: 1 }] }),
  ],
  [
    'an enum of 3 bytes',
    'decoder c',
    (b) => b.add({ kind: 'enum', name: '', size: 3, signed: false, values: [{ name: 'A', value: 1 }] }),
  ],
  [
    'an int of 3 bytes',
    'c',
    (b) => b.add({ kind: 'typedef', name: 't', type: b.int('medium', 3, 'signed') }),
  ],
  [
    'a float of 2^31 bytes',
    'decoder c',
    (b) => b.add({ kind: 'typedef', name: 't', type: b.add({ kind: 'float', name: 'huge', size: 2 ** 31 }) }),
  ],
];

for (const [what, refusing, make] of HOSTILE) {
  test(`${what} ends in an ObjectFormatError`, () => {
    const builder = new BtfBuilder();
    const id = make(builder);
    const bytes = builder.build();
    const btf = Btf.parse(bytes);
    const started = cpuMs();
    for (const use of refusing.split(' ')) {
      assert.throws(
        () => USES[use]!(btf, id),
        (error) => error instanceof ObjectFormatError && error.offset < bytes.length,
        use,
      );
    }
    assert.ok(cpuMs() - started < 1000);
  });
}

test('a reference to a type that does not exist is refused where it stands', () => {
  const builder = new BtfBuilder();
  const int = builder.int('int', 4, 'signed');
  const typedef = builder.add({ kind: 'typedef', name: 't', type: int });
  const struct = builder.add({ kind: 'struct', name: 's', size: 4, members: [member('x', int)] });
  const bytes = builder.build();
  const whole = Btf.parse(bytes);
  // Behind struct btf_type the name of the member, then its type.
  for (const [id, at] of [
    [typedef, whole.position(typedef) + 8],
    [struct, whole.position(struct) + 16],
  ] as const) {
    const damaged = bytes.slice();
    new DataView(damaged.buffer).setUint32(at, struct + 1, true);
    for (const use of ['alignof', 'decoder', 'c', 'ts']) {
      assert.throws(
        () => USES[use]!(Btf.parse(damaged), id),
        (error) => error instanceof ObjectFormatError && error.offset === at,
        use,
      );
    }
  }
});

test('a type is named even where it never ends', () => {
  const builder = new BtfBuilder();
  const array = builder.add({ kind: 'array', type: builder.nextId, indexType: builder.nextId, count: 1 });
  assert.match(formatType(Btf.parse(builder.build()), array), /^…(\[1\])+$/);
});

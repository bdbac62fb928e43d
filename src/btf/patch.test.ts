import assert from 'node:assert/strict';
import test from 'node:test';
import { Btf, BtfBuilder } from './index.ts';
import { BtfPatch } from './patch.ts';

for (const littleEndian of [true, false]) {
  test(`types are changed in place and added at the end, ${littleEndian ? 'little' : 'big'} endian`, () => {
    const builder = new BtfBuilder({ littleEndian });
    const int = builder.int('int', 4, 'signed');
    const variable = builder.add({ kind: 'var', name: 'x', type: 0, linkage: 'extern' });
    const proto = builder.add({ kind: 'func_proto', returnType: int, params: [{ name: '', type: int }] });
    const func = builder.add({ kind: 'func', name: 'f', type: proto, linkage: 'global' });
    const variables = [0, 0].map(() => ({ type: variable, offset: 0, size: 0 }));
    const section = builder.add({ kind: 'datasec', name: '.data', size: 0, variables });
    const before = Btf.parse(builder.build());

    const patch = new BtfPatch(before);
    patch.setLinkage(variable, 'global');
    patch.setLinkage(func, 'static');
    patch.setType(variable, int);
    const added = patch.addVariable('dummy', int);
    patch.setParameterName(proto, 0, added.name);
    const text = patch.addString('a line of code');
    const place = (offset: number, size: number) => ({ type: variable, offset, size });
    patch.setDatasec(section, 12, [place(8, 4), place(0, 8)]);
    const btf = Btf.parse(patch.build());

    assert.equal(btf.littleEndian, littleEndian);
    assert.deepEqual(btf.type(variable), { kind: 'var', name: 'x', type: int, linkage: 'global' });
    assert.deepEqual(btf.type(func), { kind: 'func', name: 'f', type: proto, linkage: 'static' });
    assert.deepEqual(btf.type(proto), {
      kind: 'func_proto',
      returnType: int,
      params: [{ name: 'dummy', type: int }],
    });
    assert.deepEqual(btf.type(section), {
      kind: 'datasec',
      name: '.data',
      size: 12,
      variables: [place(0, 8), place(8, 4)],
    });
    assert.deepEqual(btf.type(added.id), { kind: 'var', name: 'dummy', type: int, linkage: 'global' });
    assert.equal(btf.typeCount, before.typeCount + 1);
    assert.equal(btf.string(text), 'a line of code');
    assert.deepEqual(
      [...btf.strings()].map(([, string]) => string),
      [...[...before.strings()].map(([, string]) => string), 'dummy', 'a line of code'],
    );
    // The original is as it was.
    assert.deepEqual(before.type(variable), { kind: 'var', name: 'x', type: 0, linkage: 'extern' });
  });
}

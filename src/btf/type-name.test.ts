import assert from 'node:assert/strict';
import test from 'node:test';
import { Btf } from './btf.ts';
import { BtfBuilder } from './builder.ts';
import { formatType } from './type-name.ts';

test('types are named as in C', () => {
  const builder = new BtfBuilder();
  const int = builder.int('int', 4, 'signed');
  const array = (type: number, count: number) => builder.add({ kind: 'array', type, indexType: int, count });
  const pointer = (type: number) => builder.add({ kind: 'ptr', type });
  const event = builder.add({ kind: 'struct', name: 'event', size: 0, members: [] });
  const proto = builder.add({
    kind: 'func_proto',
    returnType: int,
    params: [
      { name: 'a', type: int },
      { name: 'b', type: pointer(event) },
    ],
  });
  const cases: [string, number][] = [
    ['void *', pointer(0)],
    ['int[2][3]', array(array(int, 3), 2)],
    ['const struct event *', pointer(builder.add({ kind: 'const', type: event }))],
    ['struct event **', pointer(pointer(event))],
    ['union { … }', builder.add({ kind: 'union', name: '', size: 0, members: [] })],
    ['int (int, struct event *)', proto],
    ['int (*)(int, struct event *)', pointer(proto)],
  ];
  const btf = Btf.parse(builder.build());
  for (const [text, id] of cases) assert.equal(formatType(btf, id), text);
});

test('a callback that takes itself, often, has a name of bounded length', () => {
  const builder = new BtfBuilder();
  const callback = builder.nextId + 1;
  builder.add({ kind: 'ptr', type: callback });
  const params = Array.from({ length: 20 }, (_, i) => ({ name: `p${i}`, type: callback - 1 }));
  builder.add({ kind: 'func_proto', returnType: 0, params });
  const text = formatType(Btf.parse(builder.build()), callback - 1);
  assert.ok(text.startsWith('void (*)(void (*)(') && text.includes('…') && text.length < 10_000, text);
});

import { Btf, BtfBuilder } from '../../btf/index.ts';

/** Types of each kind that some kernel refuses, as the current one takes them, and the ids of some. */
export function everyKind(): { btf: Btf; ids: Readonly<Record<string, number>> } {
  const b = new BtfBuilder();
  const int = b.int('int', 4, 'signed');
  const params = ['a', ''].map((name) => ({ name, type: int }));
  const prototype = b.add({ kind: 'func_proto', returnType: int, params: params.slice(0, 1) });
  const unnamed = b.add({ kind: 'func_proto', returnType: int, params });
  const global = b.add({ kind: 'func', name: 'shown', type: prototype, linkage: 'global' });
  const variable = b.add({ kind: 'var', name: 'counter', type: int, linkage: 'global' });
  const variables = [{ type: variable, offset: 4, size: 4 }];
  const section = b.add({ kind: 'datasec', name: '.data.x', size: 8, variables });
  const optional = b.add({ kind: 'datasec', name: '?.data', size: 8, variables });
  const float = b.add({ kind: 'float', name: 'double', size: 8 });
  const members = [{ name: 'real', type: float, bitOffset: 0, bitSize: 0 }];
  const struct = b.add({ kind: 'struct', name: 'holder', size: 8, members });
  const tag = { name: 'a tag', attribute: false } as const;
  const declTag = b.add({ kind: 'decl_tag', type: struct, component: 0, ...tag });
  const typeTag = b.add({ kind: 'type_tag', type: int, ...tag });
  b.add({ kind: 'ptr', type: typeTag });
  b.add({ kind: 'ptr', type: unnamed });
  const enum64 = b.add({
    kind: 'enum64',
    name: 'large',
    size: 8,
    signed: true,
    values: [
      { name: 'HUGE', value: 2n ** 40n },
      { name: 'LEAST', value: -1n },
    ],
  });
  const values = [{ name: 'MINUS', value: -1 }];
  const signs = b.add({ kind: 'enum', name: 'signs', size: 4, signed: true, values });
  const ids = {
    int,
    prototype,
    unnamed,
    global,
    variable,
    section,
    optional,
    float,
    declTag,
    typeTag,
    enum64,
    signs,
  };
  return { btf: Btf.parse(b.build(), { name: 'every kind' }), ids };
}

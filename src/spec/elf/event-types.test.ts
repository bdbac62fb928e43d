import assert from 'node:assert/strict';
import test from 'node:test';
import { type Instruction, ProgramBuilder, R0, R1, R2, R3, R5 } from '../../asm/index.ts';
import type { BtfBuilder } from '../../btf/index.ts';
import { parse, withMap } from './parse-object.test.support.ts';

test('the type of events is guessed from their size, if one struct fits', () => {
  const struct = (b: BtfBuilder, name: string, size: number) =>
    b.add({ kind: 'struct', name, size, members: [] });
  const reserve = (size: number): Instruction[] => [
    ...new ProgramBuilder()
      .loadMap(R1, 'ring')
      .mov(R2, size)
      .mov(R3, 0)
      .call('ringbuf_reserve')
      .mov(R0, 0)
      .exit()
      .build(),
  ];
  const rings = (types: (b: BtfBuilder) => void, ...sizes: number[]) => {
    const object = withMap({ type: 27, max_entries: 4096 }, types);
    const functions = sizes.map((size, i) => ({
      name: `p${i}`,
      section: 'socket',
      code: reserve(size).map(({ reference: _, symbol: __, ...rest }) => rest),
      relocations: { 0: 'map' },
    }));
    const { maps, btf } = parse({ ...object, functions });
    const type = maps[0]!.event && btf!.type(maps[0]!.event.id);
    return type?.kind === 'struct' ? type.name : maps[0]!.eventHint;
  };
  const two = (b: BtfBuilder): void => {
    struct(b, 'event', 16);
    struct(b, 'other', 24);
  };
  assert.equal(rings(two, 16), 'event');
  assert.equal(rings(two, 24, 24), 'other');
  assert.match(rings(two, 32)!, /^ring map: no struct of 32 bytes; name the type/);
  assert.match(rings(two, 16, 24)!, /records of 16, 24 bytes/);
  const twoOfOneSize = (b: BtfBuilder): void => {
    two(b);
    struct(b, 'third', 16);
  };
  assert.match(rings(twoOfOneSize, 16)!, /2 structs of 16 bytes/);
});

test('a perf buffer is one into which a program writes, and has the type of that size', () => {
  const output = new ProgramBuilder()
    .loadMap(R2, 'map')
    .mov(R5, 16)
    .call('perf_event_output')
    .mov(R0, 0)
    .exit()
    .build()
    .map(({ reference: _, symbol: __, ...rest }) => rest);
  const object = withMap({ type: 4, key_size: 4, value_size: 4 }, (b) =>
    b.add({ kind: 'struct', name: 'sample', size: 16, members: [] }),
  );
  const writing = { name: 'p', section: 'socket', code: output, relocations: { 0: 'map' } };
  const { maps, btf } = parse({ ...object, functions: [writing] });
  const type = btf!.type(maps[0]!.event!.id);
  assert.equal(type.kind === 'struct' && type.name, 'sample');
  const [untouched] = parse({ ...object, functions: [] }).maps;
  assert.deepEqual([untouched!.event, untouched!.eventHint], [undefined, undefined]);
});

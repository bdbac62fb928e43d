import assert from 'node:assert/strict';
import fc from 'fast-check';
import { R0, R1, R2, R6, R7, R10 } from '../../src/asm/index.ts';
import { load, vmlinuxBtf } from '../../src/kernel/index.ts';
import type { ObjectSpec } from '../../src/spec/index.ts';
import { parseFormat } from '../../src/spec/index.ts';
import { TraceBuilder } from '../../src/tools/trace/builder.ts';
import { TraceFields } from '../../src/tools/trace/fields.ts';
import { compileFilter } from '../../src/tools/trace/filter/check.ts';
import { branch } from '../../src/tools/trace/filter/generate.ts';
import { histogramObject, NEGATIVE_SLOT } from '../../src/tools/trace/program.ts';
import { tracepointFields } from '../../src/tools/trace/tracepoint-fields.ts';
import { kernelTest as test } from './support/privileged.ts';

/** A record with numbers of all widths, and strings of every kind. */
const FORMAT = `name: test
format:
	field:u8 u8;	offset:8;	size:1;	signed:0;
	field:s8 s8;	offset:9;	size:1;	signed:1;
	field:u16 u16;	offset:10;	size:2;	signed:0;
	field:s16 s16;	offset:12;	size:2;	signed:1;
	field:u32 u32;	offset:16;	size:4;	signed:0;
	field:s32 s32;	offset:20;	size:4;	signed:1;
	field:u64 u64;	offset:24;	size:8;	signed:0;
	field:s64 s64;	offset:32;	size:8;	signed:1;
	field:char full[8];	offset:40;	size:8;	signed:0;
	field:char name[16];	offset:48;	size:16;	signed:0;
	field:__data_loc char[] path;	offset:64;	size:4;	signed:0;
	field:__rel_loc char[] rel;	offset:68;	size:4;	signed:0;
	field:const char * null;	offset:72;	size:8;	signed:0;
`;
/** Where the texts of `path` and `rel` begin, and the record's size. */
const [PATH, REL, SIZE] = [80, 208, 336];

const source = tracepointFields('test', 'test', parseFormat(FORMAT, 'test'), vmlinuxBtf);
const fields = new TraceFields(source, []);

const INTS = { u8: 1, s8: 1, u16: 2, s16: 2, u32: 4, s32: 4, u64: 8, s64: 8 } as const;
type IntName = keyof typeof INTS;
const INT_OFFSETS: Record<IntName, number> = {
  u8: 8,
  s8: 9,
  u16: 10,
  s16: 12,
  u32: 16,
  s32: 20,
  u64: 24,
  s64: 32,
};
const TEXT_SIZES = { full: 8, name: 16, path: 127, rel: 127 } as const;
type TextName = keyof typeof TEXT_SIZES;

type Values = Record<IntName, bigint> & Record<TextName, string>;

function rangeOf(name: IntName): [bigint, bigint] {
  const bits = BigInt(INTS[name] * 8);
  return name.startsWith('s') ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
}

/** The record that has these values. */
function encode(values: Values): Uint8Array {
  const view = new DataView(new ArrayBuffer(SIZE));
  const write = (offset: number, size: number, value: bigint): void => {
    for (let i = 0; i < size; i++) view.setUint8(offset + i, Number((value >> BigInt(i * 8)) & 0xffn));
  };
  const writeText = (offset: number, text: string): void => {
    new Uint8Array(view.buffer).set(new TextEncoder().encode(text), offset);
  };
  for (const [name, size] of Object.entries(INTS))
    write(INT_OFFSETS[name as IntName], size, values[name as IntName]);
  writeText(40, values.full);
  writeText(48, values.name);
  writeText(PATH, values.path);
  writeText(REL, values.rel);
  // Length in the high half, as the kernel has it; the second is counted from the end of its field.
  view.setUint32(64, ((values.path.length + 1) << 16) | PATH, true);
  view.setUint32(68, ((values.rel.length + 1) << 16) | (REL - 72), true);
  return new Uint8Array(view.buffer);
}

/** Numbers near the edges of all widths. */
const EDGES = [0n, 1n, 7n, 8n, 16n, 32n, 63n, 64n].flatMap((bits) => {
  const power = 1n << bits;
  return [power - 1n, power, power + 1n, -power, -power - 1n, 1n - power];
});

function int(name: IntName): fc.Arbitrary<bigint> {
  const [min, max] = rangeOf(name);
  const edges = EDGES.filter((value) => value >= min && value <= max);
  return fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min, max }));
}

/** Texts that are often equal, or begin alike, and end around the sizes of words. */
const text = fc
  .tuple(
    fc.constantFrom('', 'a', 'abc', 'abcdefg', 'abcdefgh', 'abcdefghijklmno'),
    fc.constantFrom('', 'x', 'pq'),
  )
  .map(([start, end]) => start + end);

const record: fc.Arbitrary<Values> = fc.record({
  ...(Object.fromEntries(Object.keys(INTS).map((name) => [name, int(name as IntName)])) as Record<
    IntName,
    fc.Arbitrary<bigint>
  >),
  full: text.map((t) => t.slice(0, 8)),
  name: text.map((t) => t.slice(0, 16)),
  path: text,
  rel: text,
});

/** A condition as text, what it binds like, and what it means, said once more in JavaScript. */
interface Sample {
  readonly text: string;
  readonly binds: 'or' | 'and' | 'unary';
  readonly holds: (values: Values) => boolean;
}

const COMPARE: Record<string, (a: bigint, b: bigint) => boolean> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const intName = fc.constantFrom(...(Object.keys(INTS) as IntName[]));
const textName = fc.constantFrom(...(Object.keys(TEXT_SIZES) as TextName[]));
const operator = fc.constantFrom(...Object.keys(COMPARE));
const written = (value: bigint, hex: boolean): string =>
  hex ? `${value < 0n ? '-' : ''}0x${(value < 0n ? -value : value).toString(16)}` : String(value);

/** Field against number, number on either side. */
const withNumber = intName
  .chain((name) => fc.tuple(fc.constant(name), operator, int(name), fc.boolean(), fc.boolean()))
  .map(([name, op, value, swap, hex]): Sample => {
    const number = written(value, hex);
    return {
      text: swap ? `${number} ${op} ${name}` : `${name}${op}${number}`,
      binds: 'unary',
      holds: (values) => (swap ? COMPARE[op]!(value, values[name]) : COMPARE[op]!(values[name], value)),
    };
  });

const withField = fc
  .tuple(intName, operator, intName)
  .filter(([a, , b]) => !((a === 'u64' && b.startsWith('s')) || (b === 'u64' && a.startsWith('s'))))
  .map(([a, op, b]): Sample => {
    return { text: `${a} ${op} ${b}`, binds: 'unary', holds: (values) => COMPARE[op]!(values[a], values[b]) };
  });

const bare = intName.map((name): Sample => {
  return { text: name, binds: 'unary', holds: (values) => values[name] !== 0n };
});

const masked = intName
  .chain((name) => {
    const max = (1n << BigInt(INTS[name] * 8)) - 1n;
    const bits = fc.oneof(fc.bigInt({ min: 0n, max }), fc.constantFrom(1n, max, (max >> 1n) + 1n));
    return fc.tuple(fc.constant(name), bits, fc.option(fc.tuple(operator, bits)));
  })
  .map(([name, mask, comparison]): Sample => {
    const value = (values: Values): bigint => BigInt.asUintN(INTS[name] * 8, values[name]) & mask;
    if (comparison === null) {
      return { text: `${name} & ${mask}`, binds: 'unary', holds: (values) => value(values) !== 0n };
    }
    const [op, right] = comparison;
    const compare = COMPARE[op]!;
    return {
      text: `${name}&${mask} ${op} ${right}`,
      binds: 'unary',
      holds: (values) => compare(value(values), right),
    };
  });

const matched = textName
  .chain((name) => fc.tuple(fc.constant(name), fc.constantFrom('==', '!=', '=~'), text))
  .map(([name, op, full]): Sample => {
    const wanted = full.slice(0, TEXT_SIZES[name]);
    const holds = (values: Values): boolean => {
      if (op === '=~') return values[name].startsWith(wanted);
      return (values[name] === wanted) === (op === '==');
    };
    return { text: `${name} ${op} "${wanted}${op === '=~' ? '*' : ''}"`, binds: 'unary', holds };
  });

const RANK = { or: 0, and: 1, unary: 2 };
const within = (sample: Sample, binds: Sample['binds']): string =>
  RANK[sample.binds] < RANK[binds] ? `(${sample.text})` : sample.text;

const { condition } = fc.letrec<{ condition: Sample }>((tie) => {
  const several = fc.array(tie('condition'), { minLength: 2, maxLength: 4 });
  return {
    condition: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'condition' },
      fc.oneof(withNumber, withField, bare, masked, matched),
      several.map((of): Sample => {
        const text = of.map((sample) => within(sample, 'or')).join(' || ');
        return { text, binds: 'or', holds: (values) => of.some((sample) => sample.holds(values)) };
      }),
      several.map((of): Sample => {
        const text = of.map((sample) => within(sample, 'and')).join('&&');
        return { text, binds: 'and', holds: (values) => of.every((sample) => sample.holds(values)) };
      }),
      tie('condition').map((of): Sample => {
        return {
          text: `!${of.binds === 'unary' && of.text.startsWith('!') ? of.text : `(${of.text})`}`,
          binds: 'unary',
          holds: (values) => !of.holds(values),
        };
      }),
    ),
  };
});

/** A program that returns whether the filter holds of its context. */
function program(text: string, when: boolean): TraceBuilder {
  const b = new TraceBuilder();
  b.mov(R6, R1).store('u32', R10, -16, 0).loadMap(R1, 'scratch').mov(R2, R10).add(R2, -16);
  b.call('map_lookup_elem').jumpIf(R0, '!=', 0, 'found').mov(R0, 2).exit().label('found').mov(R7, R0);
  branch(
    b,
    compileFilter(text, (name) => fields.find(name)),
    'jumped',
    when,
  );
  return b
    .mov(R0, when ? 0 : 1)
    .exit()
    .label('jumped')
    .mov(R0, when ? 1 : 0)
    .exit();
}

/** Runs a program over some records. */
async function run(
  spec: ObjectSpec,
  records: readonly Values[],
  each: (result: number, i: number) => void,
): Promise<void> {
  const object = await load(spec);
  try {
    for (const [i, values] of records.entries()) {
      each(Object.values(object.programs)[0]!.run({ ctx: encode(values) }).returnValue, i);
    }
  } finally {
    await object.close();
  }
}

function filterObject(text: string, when: boolean): ObjectSpec {
  return {
    name: 'filter',
    license: 'Dual BSD/GPL',
    maps: [{ name: 'scratch', type: 'ARRAY', keySize: 4, valueSize: 4096, maxEntries: 1 }],
    programs: [{ name: 'filter', section: 'syscall', instructions: program(text, when).build() }],
  };
}

test('the kernel judges records by a filter as JavaScript does', async () => {
  const records = fc.array(record, { minLength: 8, maxLength: 8 });
  const property = fc.asyncProperty(
    condition,
    fc.boolean(),
    records,
    async ({ text, holds }, when, records) => {
      fc.pre(text.length <= 4096);
      await run(filterObject(text, when), records, (result, i) => {
        assert.equal(result, holds(records[i]!) ? 1 : 0, text);
      });
    },
  );
  await fc.assert(property, { numRuns: Number(process.env['RINGTAIL_FUZZ'] ?? 400), seed: 7 });
});

test('a string that cannot be read is empty', async () => {
  const [any] = fc.sample(record, 1);
  for (const [text, expected] of [
    ['null == ""', 1],
    ['null =~ "*"', 1],
    ['null == "a"', 0],
    ['null != ""', 0],
  ] as const) {
    await run(filterObject(text, true), [any!], (result) => assert.equal(result, expected, text));
  }
});

test('a histogram has a slot for each power of two, one for 0 and 1, and one below 0', async () => {
  for (const name of ['u8', 's32', 'u64', 's64'] as const) {
    const field = fields.find(name);
    assert.ok(field.kind === 'int');
    const [min, max] = rangeOf(name);
    const values = EDGES.filter((value) => value >= min && value <= max);
    const [base] = fc.sample(record, 1);
    const object = await load(histogramObject('syscall', field, {}));
    const counts = object.maps['counts']!;
    const countAt = (slot: number): bigint => {
      const key = new Uint8Array(Uint32Array.of(slot).buffer);
      return counts.perCpu
        .lookup(key)!
        .reduce((sum, bytes) => sum + new BigUint64Array(bytes.slice().buffer)[0]!, 0n);
    };
    for (const value of values) {
      const slot = value < 0n ? NEGATIVE_SLOT : Math.max(0, value.toString(2).length - 1);
      const before = countAt(slot);
      object.programs['trace']!.run({ ctx: encode({ ...base!, [name]: value }) });
      assert.equal(countAt(slot), before + 1n, `${name} ${value}`);
    }
    await object.close();
  }
});

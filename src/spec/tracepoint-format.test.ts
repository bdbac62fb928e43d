import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ObjectFormatError } from '../errors/index.ts';
import { parseFormat } from './tracepoint-format.ts';

const HEAD = 'name: test\nID: 1\nformat:\n';
const COMMON = '\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\n';

function field(declaration: string, offset = 8, size = 4, signed = 0): string {
  return `\tfield:${declaration};\toffset:${offset};\tsize:${size};\tsigned:${signed};\n`;
}

test('fields have their name, type, place and sign; common ones are left out', () => {
  const text =
    HEAD +
    COMMON +
    field('__data_loc char[] filename') +
    field('pid_t pid', 12, 4, 1) +
    field('char prev_comm[16]', 16, 16) +
    field('const char * name', 32, 8) +
    field('unsigned long args[6]', 40, 48) +
    '\nprint fmt: "field:%d;", REC->pid\n';
  assert.deepEqual(parseFormat(text, 'test'), [
    { name: 'filename', type: '__data_loc char[]', offset: 8, size: 4, signed: false },
    { name: 'pid', type: 'pid_t', offset: 12, size: 4, signed: true },
    { name: 'prev_comm', type: 'char[16]', offset: 16, size: 16, signed: false },
    { name: 'name', type: 'const char *', offset: 32, size: 8, signed: false },
    { name: 'args', type: 'unsigned long[6]', offset: 40, size: 48, signed: false },
  ]);
});

test('what is no format file ends in an error that says where', () => {
  const bad: [string, number][] = [
    ['', 0],
    ['field:int x; offset:0; size:4; signed:0;', 0],
    [HEAD + field('int x', 8, 99999), HEAD.length],
    [HEAD + field('int x') + field('int y', 8190), HEAD.length + field('int x').length],
    [`${HEAD}\tfield:int x; offset:8\n`, HEAD.length],
    [HEAD + field(''), HEAD.length],
    [HEAD + field('int ;'), HEAD.length],
    [HEAD + field(`int ${'x'.repeat(600)}`), HEAD.length],
    [HEAD + field('int x').repeat(1025), HEAD.length + field('int x').length * 1024],
    [HEAD + 'x'.repeat(2 ** 20), 2 ** 20],
  ];
  for (const [text, offset] of bad) {
    assert.throws(
      () => parseFormat(text, 'test'),
      (error) => error instanceof ObjectFormatError && error.offset === offset,
      text.slice(0, 100),
    );
  }
});

test('any text ends in fields within a record, or in that error', () => {
  const part = fc.oneof(
    fc.constantFrom(
      HEAD,
      COMMON,
      '\tfield:',
      ';',
      '\n',
      '[',
      ']',
      'offset:',
      '8',
      '-1',
      'char ',
      '__data_loc ',
    ),
    fc
      .tuple(fc.string(), fc.nat(9000), fc.nat(9000))
      .map(([name, offset, size]) => field(name, offset, size)),
    fc.string(),
  );
  const text = fc.array(part).map((parts) => HEAD + parts.join(''));
  fc.assert(
    fc.property(text, (text) => {
      try {
        for (const { offset, size, name } of parseFormat(text, 'test')) {
          assert.match(name, /^\w+$/);
          assert.ok(offset + size <= 8192);
        }
      } catch (error) {
        if (!(error instanceof ObjectFormatError)) throw error;
      }
    }),
    { numRuns: 2000, seed: 1 },
  );
});

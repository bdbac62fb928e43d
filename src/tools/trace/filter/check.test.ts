import assert from 'node:assert/strict';
import test from 'node:test';
import { CompileError } from '../../../errors/index.ts';
import { parseFormat } from '../../../spec/index.ts';
import { TraceFields } from '../fields.ts';
import { tracepointFields } from '../tracepoint-fields.ts';
import { type Condition, compileFilter } from './check.ts';

const FORMAT = `name: test
format:
	field:int pid;	offset:8;	size:4;	signed:1;
	field:u8 small;	offset:12;	size:1;	signed:0;
	field:u64 big;	offset:16;	size:8;	signed:0;
	field:s64 ret;	offset:24;	size:8;	signed:1;
	field:char comm[16];	offset:32;	size:16;	signed:0;
	field:u8 addr[6];	offset:48;	size:6;	signed:0;
	field:__data_loc u32[] many;	offset:56;	size:4;	signed:0;
`;

const source = tracepointFields('test', 'test', parseFormat(FORMAT, 'test'), () => {
  throw new Error('no BTF is needed');
});
const fields = new TraceFields(source, []);

function compile(text: string): Condition {
  return compileFilter(text, (name) => fields.find(name));
}

/** A condition in words. */
function show(condition: Condition): string {
  switch (condition.kind) {
    case 'or':
    case 'and':
      return `(${condition.operands.map(show).join(condition.kind === 'or' ? ' or ' : ' and ')})`;
    case 'not':
      return `not ${show(condition.operand)}`;
    case 'match': {
      const text = new TextDecoder().decode(condition.text);
      return `${condition.field.name} ${condition.prefix ? 'begins' : 'is'} ${JSON.stringify(text)}`;
    }
    case 'compare': {
      const [left, right] = [condition.left, condition.right].map((side) => {
        if (typeof side === 'bigint') return String(side);
        return side.mask === undefined ? side.field.name : `${side.field.name}&${side.mask}`;
      });
      return `${left} ${condition.signed ? 's' : ''}${condition.operator} ${right}`;
    }
  }
}

test('a filter means what its operators say, by their precedence and the types of the fields', () => {
  const meaning: [string, string][] = [
    ['pid == 1', 'pid s== 1'],
    ['big > 0xFFFFFFFFFFFFFFFF', 'big > 18446744073709551615'],
    ['ret < -1', 'ret s< -1'],
    ['-1 > ret', 'ret s< -1'],
    ['pid<=small', 'pid s<= small'],
    ['small < big', 'small < big'],
    ['small', 'small != 0'],
    ['!pid', 'not pid s!= 0'],
    ['pid & 4 == 4', 'pid&4 == 4'],
    ['0x10 & big', 'big&16 != 0'],
    ['pid == 1 || small == 2 && big == 3', '(pid s== 1 or (small == 2 and big == 3))'],
    ['(pid == 1 || small == 2) && !(big == 3)', '((pid s== 1 or small == 2) and not big == 3)'],
    ['!!pid && small', '(not not pid s!= 0 and small != 0)'],
    ['comm == "sh"', 'comm is "sh"'],
    [`'sh' != comm`, 'not comm is "sh"'],
    ['comm =~ "a b*"', 'comm begins "a b"'],
    ['comm =~ "*"', 'comm begins ""'],
    ['comm == "*"', 'comm is "*"'],
    [String.raw`comm == "\"\\\n\x41ü"`, String.raw`comm is "\"\\\nAü"`],
    ['\n pid\t==\n1 ', 'pid s== 1'],
  ];
  for (const [text, expected] of meaning) assert.equal(show(compile(text)), expected, text);
});

test('a wrong filter is told with its place, what is wrong, and what to write', () => {
  // The caret's column, counted from 1, then words of the message and of the hint.
  const wrong: [string, number, RegExp, RegExp][] = [
    ['', 1, /missing before the end/, /pid != 1/],
    ['pid ==', 7, /missing before the end/, /pid != 1/],
    ['pid = 1', 5, /"=" means nothing/, /Equality is ==/],
    ['pid == 1 | small', 10, /"\|" means nothing/, /\|\|/],
    ['$pid', 1, /"\$"/, /without \$/],
    ['pid == 1 small', 10, /"small" is one word too many/, /&& or \|\|/],
    ['pid == 1)', 9, /"\)" is one word too many/, /&&/],
    ['(pid == 1', 10, /a \) is missing/, /column 1/],
    ['1 < small < 3', 11, /do not chain/, /a < b && b < c/],
    ['pid == 12x', 10, /"x" does not belong/, /decimal/],
    ['pid == 0x', 9, /"x" does not belong/, /0x/],
    ['pid. == 1', 4, /"\." does not belong/, /single dots/],
    ['comm == "sh', 9, /no end/, /End it with "/],
    [String.raw`comm == "a\q"`, 11, /\\q/, /\\n/],
    [String.raw`comm == "\x00"`, 10, /\\x00/, /\\x01/],
    ['pdi == 1', 1, /no field "pdi"/, /Nearest: pid/],
    ['small == 1 && comn == "sh"', 15, /no field "comn"/, /comm/],
    ['many == 1', 1, /many.*cannot be read/, /Numbers/],
    ['addr == 1', 1, /"addr" is an array/, /numbers and strings/],
    ['small == 256', 10, /256 is out of the range of "small"/, /0 to 255/],
    ['big == -1', 8, /-1 is out of the range of "big"/, /0 to 18446744073709551615/],
    ['pid > 2147483648', 7, /out of the range/, /-2147483648 to 2147483647/],
    ['big == ret', 5, /signed/, /a number instead/],
    ['1 == 1', 3, /both sides are numbers/, /Name a field/],
    ['5', 1, /no condition/, /Compare/],
    ['comm', 1, /no condition/, /Compare/],
    ['comm < "sh"', 6, /not compared with </, /prefix/],
    ['comm == 1', 6, /cannot be compared/, /in quotes/],
    ['pid == "1"', 5, /cannot be compared/, /numbers/],
    ['comm == comm', 6, /cannot be compared/, /in quotes/],
    ['pid =~ 1', 5, /for strings/, /==/],
    ['comm =~ "sh"', 9, /only \*/, /prefix\*/],
    ['comm =~ "*sh*"', 9, /only \*/, /prefix\*/],
    ['comm == "12345678901234567"', 9, /never this long/, /16 bytes/],
    ['pid & small', 5, /numeric field and a number/, /0x10/],
    ['small & 0x100', 7, /256 is no mask/, /0 to 255/],
    ['(pid == 1) == 1', 6, /neither a number nor a string/, /&&/],
    [`${'('.repeat(65)}pid`, 66, /nested too deeply/, /64/],
    [`${'!'.repeat(65)}pid`, 66, /nested too deeply/, /64/],
    ['pid == 1 &&\n  pid == x', 10, /no field "x"/, /It has/],
  ];
  for (const [text, column, problem, hint] of wrong) {
    assert.throws(
      () => compile(text),
      (error) => {
        assert.ok(error instanceof CompileError, `${text}: ${error}`);
        assert.equal(error.column, column, `${text}: ${error.message}`);
        assert.equal(error.file, 'filter');
        assert.match(error.message, problem);
        assert.match(error.hint, hint);
        assert.equal(error.sourceLine, text.split('\n')[error.line - 1]);
        return true;
      },
      text,
    );
  }
});

test('a long filter compiles, a longer one is refused', () => {
  const long = Array.from({ length: 300 }, () => 'pid == 1').join(' && ');
  assert.equal(compile(long).kind, 'and');
  assert.throws(() => compile(`${long} && ${long}`), /too long/);
});

import assert from 'node:assert/strict';
import test from 'node:test';
import type { DoctorReport, Finding } from '../tools/index.ts';
import { paintFor } from './colour.ts';
import { reportLines } from './doctor.ts';

const plain = (_colour: string, text: string): string => text;

function lines(...machine: Finding[]): string[] {
  const report: DoctorReport = { works: true, machine, attach: [], hereAndNow: [] };
  return reportLines(report, plain).slice(1, -2);
}

test('each finding is a line with its mark, each remedy a line below', () => {
  assert.deepEqual(
    lines(
      { topic: 'BTF', verdict: 'ok', detail: 'there' },
      { topic: 'tracefs', verdict: 'fail', detail: 'not mounted', remedy: 'mount it' },
      { topic: 'JIT', verdict: 'warn', detail: 'off', remedy: 'switch it on' },
    ),
    [
      '  ✓ BTF      there',
      '  ✗ tracefs  not mounted',
      '      mount it',
      '  ! JIT      off',
      '      switch it on',
    ],
  );
});

test('a remedy that neighbours share is printed once, below the last of them', () => {
  const remedy = 'be root';
  assert.deepEqual(
    lines(
      { topic: 'a', verdict: 'fail', detail: '1', remedy },
      { topic: 'b', verdict: 'fail', detail: '2', remedy },
      { topic: 'c', verdict: 'ok', detail: '3' },
      { topic: 'd', verdict: 'fail', detail: '4', remedy },
    ),
    ['  ✗ a  1', '  ✗ b  2', '      be root', '  ✓ c  3', '  ✗ d  4', '      be root'],
  );
});

test('what the machine says about itself reaches the terminal escaped', () => {
  assert.deepEqual(lines({ topic: 'clang', verdict: 'ok', detail: '\x1b[2J' }), ['  ✓ clang  \\x1b[2J']);
});

test('colour is for terminals, and not where NO_COLOR is set', () => {
  const before = process.env['NO_COLOR'];
  const paint = (isTTY: boolean): string => paintFor({ isTTY } as NodeJS.WriteStream)('red', 'x');
  try {
    delete process.env['NO_COLOR'];
    assert.equal(paint(true), '\x1b[31mx\x1b[0m');
    assert.equal(paint(false), 'x');
    process.env['NO_COLOR'] = '1';
    assert.equal(paint(true), 'x');
  } finally {
    if (before === undefined) delete process.env['NO_COLOR'];
    else process.env['NO_COLOR'] = before;
  }
});

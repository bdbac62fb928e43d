import assert from 'node:assert/strict';
import test from 'node:test';
import type { Figure } from '../../bench/index.ts';
import { targetLines, workLines } from './report.ts';

function figure(reader: string, quantity: string, unit: string, median: number, notes?: string[]): Figure {
  return {
    reader,
    quantity,
    unit,
    median,
    least: median - 1,
    most: median * 2,
    rounds: 3,
    ...(notes && { notes }),
  };
}

test('a work is a table: readers as lines, quantities as columns, the first one compared; notes and absent readers below', () => {
  const lines = workLines({
    name: 'flood',
    title: 'as fast as it goes',
    method: '3 rounds',
    reference: 'libbpf',
    figures: [
      figure('libbpf', 'rate', 'M/s', 10),
      figure('libbpf', 'dropped', '%', 1),
      figure('cursor', 'rate', 'M/s', 9.876, ['dropped 12 records']),
    ],
    absent: [{ reader: 'BCC', absent: 'no BCC here' }],
  });
  assert.deepEqual(lines, [
    'flood: as fast as it goes (3 rounds)',
    '  READER                   RATE, M/s    LEAST–MOST  × libbpf DROPPED, %    LEAST–MOST',
    '  libbpf                          10          9–20         1          1           0–2',
    '  cursor                        9.88     8.88–19.8     0.988          -             -',
    '  cursor: dropped 12 records',
    '  BCC: absent: no BCC here',
  ]);
});

test('targets say what was promised, what was found, and how that is to be taken', () => {
  const target = { work: 'raw', bound: 'at most', limit: 1.2, unit: '× libbpf' } as const;
  const lines = targetLines([{ ...target, measured: 1.1 }, { ...target, measured: 1234 }, target]);
  assert.deepEqual(
    lines.slice(2).map((line) => line.replace(/^.*libbpf +/, '').trim()),
    ['1.1 met', '1,234 MISSED', '- not measured'],
  );
});

import assert from 'node:assert/strict';
import test from 'node:test';
import { ProgramBuilder, R0, R1, R2, type SourceLine } from '../asm/index.ts';
import { parseVerifierStats, rejectedLine, summarizeVerifierLog } from './verifier-log.ts';

const LOG = [
  'func#0 @0',
  '; return *(u32 *)0;',
  '0: (61) r0 = *(u32 *)(r0 +0)',
  'R0 !read_ok',
  'processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0',
  '',
].join('\n');

test('the summary of a verifier log is its last word before the statistics', () => {
  assert.equal(summarizeVerifierLog(LOG), 'R0 !read_ok');
  assert.equal(summarizeVerifierLog(''), 'the verifier gave no reason');
  const endless = 'infinite loop detected at insn 2\ncur state: R1=0 R10=fp0\nold state: R1=0 R10=fp0\n';
  assert.equal(summarizeVerifierLog(`${endless}${LOG.split('\n').at(-2)}\n`), endless.split('\n')[0]);
});

test('the figures of a log are read as 5.10 writes them, and as 6.18 does', () => {
  const old = [
    'processed 1 insns, says a comment',
    'verification time 123 usec',
    'stack depth 8+0+16',
    'processed 42 insns (limit 1000000) max_states_per_insn 1 total_states 4 peak_states 3 mark_read 2',
  ].join('\n');
  assert.deepEqual(parseVerifierStats(old), {
    processed: 42,
    limit: 1_000_000,
    maxStatesPerInstruction: 1,
    totalStates: 4,
    peakStates: 3,
    markRead: 2,
    stackDepth: [8, 0, 16],
    timeUs: 123,
  });
  const plain = parseVerifierStats(LOG.replace(' mark_read 0', ''));
  assert.deepEqual(plain?.stackDepth, []);
  assert.ok(plain !== undefined && !('markRead' in plain) && !('timeUs' in plain));
  assert.equal(parseVerifierStats('0: (95) exit'), undefined);
});

test('the line of a rejected instruction is the last one before it in its function', () => {
  const line = (n: number): SourceLine => ({ file: 'x.bpf.c', line: n, column: 1, text: `line ${n}` });
  const program = new ProgramBuilder().loadMap(R1, 'events').mov(R2, 0).mov(R0, R2).exit().build();
  const [wide, second, third, exit] = program;
  const lines = [{ ...wide!, source: line(1) }, second!, { ...third!, source: line(3) }, exit!];
  const at = (slot: number): number | undefined => rejectedLine(`${slot}: (b7) r2 = 0\nno`, lines)?.line;
  assert.equal(at(0), 1);
  // The first takes two slots.
  assert.equal(at(2), 1);
  assert.equal(at(3), 3);
  assert.equal(at(4), 3);
  const called = [
    { ...wide!, source: line(1) },
    { ...second!, symbol: 'other' },
  ];
  assert.equal(rejectedLine('2: (b7) r2 = 0', called), undefined);
  assert.equal(rejectedLine('no instruction in it', lines), undefined);
});

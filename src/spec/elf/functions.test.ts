import assert from 'node:assert/strict';
import test from 'node:test';
import type { Instruction } from '../../asm/index.ts';
import type { NewObject } from './object.test.support.ts';
import { ADDRESS, CALL, calls, EXIT, parse, RETURN, refuses, symbols } from './parse-object.test.support.ts';

test('functions follow in the order in which calls of them are met, callees first', () => {
  const spec = parse({
    functions: [
      { name: 'a', section: '.text', ...calls('c') },
      { name: 'b', section: '.text', ...calls('c', 'd') },
      { name: 'c', section: '.text', code: RETURN },
      { name: 'd', section: '.text', ...calls('b') },
      { name: 'unused', section: '.text', code: RETURN },
      { name: 'main', section: 'socket', ...calls('b', 'a', 'b') },
      { name: 'other', section: '?socket', ...calls('a') },
    ],
    sections: [{ name: 'license', data: new TextEncoder().encode('GPL\0tail') }],
  });
  assert.deepEqual(
    spec.programs.map(({ name, section, autoload }) => [name, section, autoload]),
    [
      ['main', 'socket', undefined],
      ['other', 'socket', false],
    ],
  );
  assert.deepEqual(symbols(spec), ['main', 'b', 'c', 'd', 'a']);
  assert.deepEqual(symbols(spec, 1), ['other', 'a', 'c']);
  // main: 3 calls and exit; b at slot 4, c at 7, d at 9, a at 11.
  const distances = spec.programs[0]!.instructions.filter(({ reference }) => reference).map(({ imm }) => imm);
  assert.deepEqual(distances, [3, 9, 1, 2, 3, -6, -5]);
  assert.deepEqual([spec.name, spec.license, spec.byteOrder], ['sample', 'GPL', 'little']);
});

test('a static function is called by the offset from its section, or without relocation from its own', () => {
  const static_ = 0;
  const text = [
    { name: 'first', section: '.text', code: RETURN, binding: static_ },
    // Its own section: the distance is already right.
    { name: 'second', section: '.text', code: [{ ...CALL, imm: -3 }, EXIT], binding: static_ },
  ];
  const spec = parse({
    symbols: [{ name: 'section', section: '.text', type: 3, binding: 0 }],
    functions: [
      ...text,
      { name: 'main', section: 'socket', code: [{ ...CALL, imm: 1 }, EXIT], relocations: { 0: 'section' } },
    ],
  });
  assert.deepEqual(symbols(spec), ['main', 'second', 'first']);
});

test('the address of a function is a distance in slots', () => {
  const spec = parse({
    functions: [
      { name: 'callback', section: '.text', code: RETURN },
      { name: 'main', section: 'socket', code: [ADDRESS, EXIT], relocations: { 0: 'callback' } },
    ],
  });
  const [address] = spec.programs[0]!.instructions;
  assert.deepEqual(
    [address!.src, address!.imm64, address!.reference],
    [4, 2n, { kind: 'function', name: 'callback' }],
  );
});

test('two static functions of one name, of files linked together, stay apart', () => {
  const local = { section: '.text', binding: 0 };
  const spec = parse({
    symbols: [{ name: 'section', section: '.text', type: 3, binding: 0 }],
    functions: [
      { name: 'help', code: RETURN, ...local },
      { name: 'help', code: [EXIT], ...local },
      {
        name: 'main',
        section: 'socket',
        code: [CALL, { ...CALL, imm: 1 }, EXIT],
        relocations: { 0: 'section', 1: 'section' },
      },
    ],
  });
  assert.deepEqual(symbols(spec), ['main', 'help', 'help.2']);
});

test('a chain of ten thousand calls is followed', () => {
  const chain = Array.from({ length: 10_000 }, (_, i) => ({
    name: `f${i}`,
    section: '.text',
    ...(i < 9_999 ? calls(`f${i + 1}`) : { code: RETURN }),
  }));
  const spec = parse({ functions: [...chain, { name: 'main', section: 'socket', ...calls('f0') }] });
  assert.equal(symbols(spec).length, 10_001);
});

test('programs that together grow beyond measure are refused', () => {
  const long = {
    name: 'long',
    section: '.text',
    code: [...Array.from({ length: 5000 }, () => RETURN[0]!), EXIT],
  };
  const programs = Array.from({ length: 1000 }, (_, i) => ({
    name: `p${i}`,
    section: 'socket',
    ...calls('long'),
  }));
  refuses({ functions: [long, ...programs] }, /at most 4000000 instructions/);
});

test('functions that overlap, cross their section or are cut are refused', () => {
  const section = { name: 'socket', flags: 6, data: new Uint8Array(32) };
  const fn = (value: number, size: number) => ({
    name: `f${value}`,
    section: 'socket',
    value,
    size,
    type: 2,
  });
  refuses({ sections: [section], symbols: [fn(0, 16), fn(8, 16)] }, /not to overlap/);
  refuses({ sections: [section], symbols: [fn(24, 16)] }, /whole instructions/);
  refuses({ sections: [section], symbols: [fn(4, 8)] }, /whole instructions/);
  refuses({ sections: [section], symbols: [fn(8, 0)] }, /whole instructions/);
  refuses({ sections: [section], symbols: [fn(0, 32)] }, /sound code/);
});

test('relocations that make no sense are refused', () => {
  const main = (code: Instruction[], at: number, symbol: string): NewObject => ({
    functions: [
      { name: 'helper', section: '.text', code: RETURN },
      { name: 'main', section: 'socket', code, relocations: { [at]: symbol } },
    ],
    sections: [{ name: 'else', data: new Uint8Array(8) }],
    symbols: [
      { name: 'data', section: 'else' },
      { name: 'inside', section: '.text', value: 8 },
    ],
  });
  refuses(main([EXIT], 0, 'helper'), /relocation of a call or ld_imm64/);
  refuses(main([CALL, EXIT], 0, 'inside'), /a function at offset 8/);
  refuses(main([ADDRESS, EXIT], 0, 'data'), /not to section "else"/);
  refuses(main([{ ...CALL, src: 0, imm: 5 }, EXIT], 0, 'helper'), /call of a subprogram/);
  refuses(main([CALL, EXIT], 0, 'nothing'), /symbol "" to be defined/);
  const { functions, ...rest } = main([ADDRESS, EXIT], 0, 'helper');
  const relocatedAt = (offset: number): NewObject => ({
    ...rest,
    functions: functions!.map((f) => ({ ...f, relocations: {} })),
    relocations: { socket: { [offset]: 'helper' } },
  });
  refuses(relocatedAt(8), /middle/);
  refuses(relocatedAt(2 ** 40), /relocations within the 24 bytes of "socket"/);
});

import assert from 'node:assert/strict';
import test from 'node:test';
import { ObjectFormatError } from '../errors/index.ts';
import { ElfFile, SectionType, SymbolType } from './index.ts';
import { EHDR_SIZE, SHDR_SIZE } from './wire.ts';
import { Bytes, rel, symtabIndex, writeElf } from './write-elf.test.support.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function sample(littleEndian: boolean): Uint8Array {
  return writeElf({
    littleEndian,
    sections: [
      { name: 'code', flags: 6, data: new Uint8Array(24).fill(7) },
      {
        name: '.relcode',
        type: SectionType.REL,
        data: rel(littleEndian, [
          [8, 2],
          [16, 1],
        ]),
        info: 1,
        link: symtabIndex(4),
        entrySize: 16,
      },
      { name: '.bss', type: SectionType.NOBITS, size: 2 ** 40 },
      { name: 'license', data: text('GPL\0') },
    ],
    symbols: [
      { name: 'main', section: 'code', value: 8, size: 16, type: SymbolType.FUNC },
      { name: 'elsewhere', binding: 2, visibility: 2 },
    ],
  });
}

for (const littleEndian of [true, false]) {
  const order = littleEndian ? 'little' : 'big';

  test(`reads sections, symbols and relocations, ${order} endian`, () => {
    const elf = ElfFile.parse(sample(littleEndian), { name: 'sample.o' });
    assert.deepEqual(
      [elf.name, elf.littleEndian, elf.type, elf.machine, elf.entry],
      ['sample.o', littleEndian, 1, 247, 0],
    );
    assert.deepEqual(
      elf.sections.map(({ index, name, size }) => [index, name, size]),
      [
        [0, '', 0],
        [1, 'code', 24],
        [2, '.relcode', 32],
        [3, '.bss', 2 ** 40],
        [4, 'license', 4],
        [5, '.strtab', elf.sections[5]!.size],
        [6, '.symtab', 72],
      ],
    );
    assert.deepEqual(elf.data(elf.section('license')!), text('GPL\0'));
    assert.equal(elf.data(elf.section('.bss')!).length, 0);
    assert.equal(elf.section('nothing'), undefined);
    assert.deepEqual(elf.symbols(elf.section('.symtab')!).slice(1), [
      { name: 'main', type: 2, binding: 1, visibility: 0, section: 1, value: 8, size: 16 },
      { name: 'elsewhere', type: 0, binding: 2, visibility: 2, section: 0, value: 0, size: 0 },
    ]);
    assert.deepEqual(elf.relocations(elf.section('.relcode')!), [
      { offset: 8, symbol: 2, type: 1 },
      { offset: 16, symbol: 1, type: 1 },
    ]);
  });

  test(`reads addends, ${order} endian`, () => {
    const data = new Bytes(littleEndian, 24).u64(0, 16).u64(8, 3 * 2 ** 32 + 10).bytes;
    data.fill(0xff, 16);
    const file = writeElf({
      littleEndian,
      sections: [{ name: '.rela', type: SectionType.RELA, data, entrySize: 24 }],
    });
    const elf = ElfFile.parse(file);
    assert.deepEqual(elf.relocations(elf.section('.rela')!), [
      { offset: 16, symbol: 3, type: 10, addend: -1n },
    ]);
  });
}

test('the running Node is an executable with segments and dynamic symbols', async () => {
  const { readFileSync } = await import('node:fs');
  const elf = ElfFile.parse(readFileSync(process.execPath), { name: 'node' });
  assert.ok(elf.segments.some(({ type, memorySize }) => type === 1 && memorySize > 0));
  const table = elf.sections.find(({ type }) => type === SectionType.DYNSYM)!;
  const found = elf.symbols(table).find(({ name }) => name === 'node_module_register');
  assert.equal(found?.type, SymbolType.FUNC);
  assert.ok(found.value > 0);
});

test('a file with more sections than 16 bits count is read', () => {
  const file = sample(true);
  const view = new DataView(file.buffer);
  const table = Number(view.getBigUint64(40, true));
  view.setBigUint64(table + 32, BigInt(view.getUint16(60, true)), true);
  view.setUint32(table + 40, view.getUint16(62, true), true);
  view.setUint16(60, 0, true);
  view.setUint16(62, 0xffff, true);
  assert.equal(ElfFile.parse(file).section('license')?.index, 4);
});

/** The sample, changed: `change` gets the file and where the header of section `code` begins. */
function damaged(change: (view: DataView, code: number) => void): Uint8Array {
  const file = sample(true);
  const view = new DataView(file.buffer);
  change(view, Number(view.getBigUint64(40, true)) + SHDR_SIZE);
  return file;
}

function refuses(file: Uint8Array, expected: RegExp, offset?: number): void {
  assert.throws(
    () => {
      const elf = ElfFile.parse(file);
      for (const section of elf.sections) {
        if (section.type === SectionType.SYMTAB) elf.symbols(section);
        if (section.type === SectionType.REL) elf.relocations(section);
      }
    },
    (error) => {
      assert.ok(error instanceof ObjectFormatError);
      assert.match(error.message, expected);
      if (offset !== undefined) assert.equal(error.offset, offset);
      return true;
    },
  );
}

test('what is no 64-bit ELF file is refused', () => {
  refuses(new Uint8Array(), /header of 64 bytes/, 0);
  refuses(text('#!/bin/sh\n').slice(), /magic/, 0);
  refuses(text('\x7fELF').slice(0, 4), /header of 64 bytes/, 4);
  refuses(new Uint8Array(64), /magic/, 0);
  refuses(
    damaged((view) => view.setUint8(4, 1)),
    /64-bit/,
    4,
  );
  refuses(
    damaged((view) => view.setUint8(5, 3)),
    /byte order/,
    5,
  );
});

test('a file cut off anywhere is refused, or has lost nothing that is read', () => {
  const whole = sample(true);
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => ElfFile.parse(whole.subarray(0, length)), ObjectFormatError, `${length}`);
  }
});

test('tables and sections that do not lie within the file are refused', () => {
  refuses(
    damaged((view) => view.setBigUint64(40, 2n ** 63n, true)),
    /section header/,
    40,
  );
  refuses(
    damaged((view) => view.setUint16(60, 0xffff, true)),
    /section header table/,
    40,
  );
  refuses(
    damaged((view) => view.setUint16(58, 63, true)),
    /entries of 64 bytes/,
    58,
  );
  refuses(
    damaged((view) => view.setUint16(62, 60, true)),
    /names of sections/,
    62,
  );
  refuses(
    damaged((view) => view.setBigUint64(32, 2n ** 40n, true)),
    /program header table/,
  );
  refuses(
    damaged((view, at) => view.setBigUint64(at + 24, 2n ** 64n - 1n, true)),
    /"code"/,
  );
  refuses(
    damaged((view, at) => view.setBigUint64(at + 32, 2n ** 32n, true)),
    /"code"/,
  );
  refuses(
    damaged((view, at) => view.setUint32(at, 2 ** 31, true)),
    /string/,
  );
});

test('sections that overlap are refused', () => {
  refuses(
    damaged((view, at) => view.setBigUint64(at + 32, 25n, true)),
    /overlap/,
  );
  refuses(
    damaged((view, at) => view.setBigUint64(at + 24 + SHDR_SIZE, BigInt(EHDR_SIZE), true)),
    /overlap/,
  );
});

test('tables of the wrong shape are refused', () => {
  refuses(
    damaged((view, at) => view.setBigUint64(at + SHDR_SIZE + 56, 24n, true)),
    /entries of 16 bytes/,
  );
  refuses(
    damaged((view, at) => view.setBigUint64(at + 5 * SHDR_SIZE + 56, 0n, true)),
    /entries of 24 bytes/,
  );
  refuses(
    damaged((view, at) => view.setUint32(at + 5 * SHDR_SIZE + 40, 1, true)),
    /table of strings/,
  );
});

test('names that share their bytes do not add up to more than a few times the file', () => {
  const long = 'x'.repeat(100_000);
  const symbols = Array.from({ length: 2000 }, () => ({ name: '' }));
  const file = writeElf({ symbols: [{ name: long }, ...symbols] });
  const elf = ElfFile.parse(file);
  const { offset } = elf.section('.symtab')!;
  const view = new DataView(file.buffer);
  for (let i = 0; i < symbols.length; i++) view.setUint32(offset + (i + 2) * 24, 1 + i, true);
  refuses(file, /tails/);
});

import assert from 'node:assert/strict';
import test from 'node:test';
import { elfFunctions, fileOffset, findFunction } from './functions.ts';
import { image } from './image.test.support.ts';

const OBJECT = 1;
const LOCAL = 0;
const GLOBAL = 1;
const WEAK = 2;

function offsets(file: Parameters<typeof findFunction>[0], name: string): number[] {
  return findFunction(file, name).map(({ offset }) => offset);
}

test('an address is where its segment has it in the file; zeros behind a segment are nowhere', () => {
  const file = image({});
  assert.equal(fileOffset(file, 0x401234), 0x1234);
  assert.equal(fileOffset(file, 0x602010), 0x2010);
  assert.equal(fileOffset(file, 0x602100), undefined);
  assert.equal(fileOffset(file, 0x1234), undefined);
});

test('functions that are defined here and lie in the file, exported ones first', () => {
  const file = image({
    symbols: [
      { name: 'hidden', value: 0x401010, binding: LOCAL },
      { name: 'variable', value: 0x401020, type: OBJECT },
      { name: 'elsewhere', section: 0 },
      { name: 'zeros', value: 0x602500 },
      { name: 'exported', value: 0x401030, exported: true },
    ],
  });
  assert.deepEqual(
    [...elfFunctions(file)].map(({ name, offset }) => [name, offset]),
    [
      ['exported', 0x1030],
      ['hidden', 0x1010],
    ],
  );
  assert.deepEqual(offsets(file, 'variable'), []);
});

test('a name in both tables is one place; a strong symbol goes before weak ones; static ones are several', () => {
  const file = image({
    symbols: [
      { name: 'both', value: 0x401010, binding: GLOBAL },
      { name: 'both', value: 0x401010, exported: true },
      { name: 'strong', value: 0x401020, binding: WEAK },
      { name: 'strong', value: 0x401030, binding: GLOBAL },
      { name: 'static', value: 0x401040, binding: LOCAL },
      { name: 'static', value: 0x401050, binding: LOCAL },
    ],
  });
  assert.deepEqual(offsets(file, 'both'), [0x1010]);
  assert.deepEqual(offsets(file, 'strong'), [0x1030]);
  assert.deepEqual(offsets(file, 'static'), [0x1040, 0x1050]);
});

/** Two versions, V_1 (2) and V_2 (3), and where in the list of them the second one is. */
function definitions(next: number): Uint8Array {
  const bytes = new Uint8Array(56);
  const view = new DataView(bytes.buffer);
  for (const [at, index, name, step] of [
    [0, 2, 1, next],
    [28, 3, 2, 0],
  ] as const) {
    view.setUint16(at + 4, index, true);
    view.setUint32(at + 12, 20, true);
    view.setUint32(at + 16, step, true);
    view.setUint32(at + 20, name, true);
  }
  return bytes;
}

function versioned(next: number): Parameters<typeof findFunction>[0] {
  return image({
    sections: [
      // The first is an old version.
      { name: '.gnu.version', data: new Uint8Array(new Uint16Array([0x8002, 3]).buffer) },
      { name: '.gnu.version_d', data: definitions(next) },
    ],
    symbols: [
      { name: 'f', value: 0x401010, exported: true },
      { name: 'f', value: 0x401020, exported: true },
    ],
  });
}

test('a name means its default version; others are named', () => {
  const file = versioned(28);
  assert.deepEqual(offsets(file, 'f'), [0x1020]);
  assert.deepEqual(offsets(file, 'f@V_1'), [0x1010]);
  assert.deepEqual(offsets(file, 'f@@V_2'), [0x1020]);
  assert.deepEqual(offsets(file, 'f@V_3'), []);
});

test('damaged versions end', () => {
  for (const next of [1, 19, 20, 0xffff_ffff]) findFunction(versioned(next), 'f@V_2');
});

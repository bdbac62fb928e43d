import assert from 'node:assert/strict';
import test from 'node:test';
import { type BtfBuilder, BtfBuilder as Builder } from '../../btf/index.ts';
import { btfExt, type NewObject } from './object.test.support.ts';
import { EXIT, parse, RETURN, refuses } from './parse-object.test.support.ts';

test('.BTF.ext puts functions, lines and CO-RE relocations onto instructions', () => {
  for (const littleEndian of [true, false]) {
    const strings: Record<string, number> = {};
    const btf = (b: BtfBuilder): void => {
      const int = b.int('int', 4, 'signed');
      const proto = b.add({ kind: 'func_proto', returnType: int, params: [] });
      b.add({ kind: 'func', name: 'main', type: proto, linkage: 'global' });
      for (const text of ['socket', 'a.c', 'return 0;', '0:1']) strings[text] = b.addString(text);
    };
    btf(new Builder());
    const section = strings['socket']!;
    const line = [strings['a.c']!, strings['return 0;']!, (12 << 10) | 3];
    const object = (parts: readonly (readonly (readonly number[])[])[]): NewObject => ({
      littleEndian,
      btf,
      functions: [{ name: 'main', section: 'socket', code: RETURN }],
      sections: [
        {
          name: '.BTF.ext',
          data: btfExt(
            littleEndian,
            parts.map((records) => ({ sectionName: section, records })),
          ),
        },
      ],
    });
    const good = [[[0, 3]], [[0, ...line]], [[8, 1, strings['0:1']!, 2]]];
    assert.deepEqual(parse(object(good)).programs[0]!.instructions, [
      {
        ...RETURN[0],
        symbol: 'main',
        func: 3,
        source: { file: 'a.c', line: 12, column: 3, text: 'return 0;' },
      },
      { ...EXIT, relocation: { kind: 'field_exists', typeId: 1, access: '0:1' } },
    ]);
    refuses(
      object([
        [
          [0, 3],
          [0, 3],
        ],
        [],
        [],
      ]),
      /one func of the instruction at 0/,
    );
    refuses(object([[], [], [[0, 1, 1, 13]]]), /a kind of relocation below 13/);
    refuses(object([[], [], [[0, 9, 1, 0]]]), /a type from 1 to 3, not 9/);
    refuses(object([[], [[0, 0x7fffffff, 0, 0]], []]), /string offset/);
    refuses(object([[[0]], [], []]), /records of 8 bytes or more/);
  }
});

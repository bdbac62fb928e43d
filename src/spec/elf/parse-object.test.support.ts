// Parses objects that are made from a few words.
import assert from 'node:assert/strict';
import type { Instruction } from '../../asm/index.ts';
import type { BtfBuilder } from '../../btf/index.ts';
import { ObjectFormatError } from '../../errors/index.ts';
import { parseObject } from '../index.ts';
import type { ObjectSpec } from '../object.ts';
import { makeObject, mapsSection, type NewObject } from './object.test.support.ts';

/** `exit` */
export const EXIT: Instruction = { opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0 };
/** Returns 0. */
export const RETURN: readonly Instruction[] = [{ opcode: 0xb7, dst: 0, src: 0, offset: 0, imm: 0 }, EXIT];
/** A call as compilers write it: the distance is to be relocated from the start of the symbol. */
export const CALL: Instruction = { opcode: 0x85, dst: 0, src: 1, offset: 0, imm: -1 };
/** A load of an address, which is to be relocated. */
export const ADDRESS: Instruction = { opcode: 0x18, dst: 1, src: 0, offset: 0, imm: 0, imm64: 0n };
/** Calls of functions, then `exit`. */
export function calls(...names: string[]): { code: Instruction[]; relocations: Record<number, string> } {
  return { code: [...names.map(() => CALL), EXIT], relocations: Object.fromEntries(names.entries()) };
}

/** Functions of a program, in their order. */
export function symbols(spec: ObjectSpec, program: number = 0): (string | undefined)[] {
  return spec.programs[program]!.instructions.flatMap(({ symbol }) => symbol ?? []);
}

export function parse(object: NewObject): ObjectSpec {
  return parseObject(makeObject(object), { name: 'dir/sample.bpf.o' });
}

/** @param expected of the message of an ObjectFormatError. */
export function refuses(object: NewObject, expected: RegExp): void {
  assert.throws(
    () => parse(object),
    (error) => {
      assert.ok(error instanceof ObjectFormatError, String(error));
      assert.match(error.message, expected);
      return true;
    },
  );
}

/** One map with some attributes, and a program. */
export function withMap(
  attributes: Record<string, number | { type: number }>,
  more: (b: BtfBuilder) => void = () => {},
): NewObject {
  const size = Object.keys(attributes).length * 8;
  return {
    btf: (b) => {
      more(b);
      mapsSection(b, { map: attributes });
    },
    sections: [{ name: '.maps', flags: 3, data: new Uint8Array(size) }],
    symbols: [{ name: 'map', section: '.maps', type: 1, size }],
    functions: [{ name: 'main', section: 'socket', code: [ADDRESS, EXIT], relocations: { 0: 'map' } }],
  };
}

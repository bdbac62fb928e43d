import type { Btf } from './btf.ts';
import { type Shape, shapeOf } from './shape.ts';

/**
 * What a decoder of a type depends on, as text: the type itself on the first line, then a line for each member, those
 * of nested structs after their own. Names of types, enums and padding are left out: they change no value.
 *
 * ```
 * struct of 24 bytes
 * pid: u32 @0
 * origin: struct of 8 bytes @4
 * origin.x: s32 @0
 * origin.y: s32 @4
 * ready: u1 @12:3
 * args: struct of 4 bytes[2] @16
 * args[].n: u32 @0
 * ```
 *
 * Offsets are in bytes from the start of the struct that the member is in, those of bitfields with a bit. A member's
 * name that is no identifier is quoted.
 *
 * @throws ObjectFormatError and ArgumentError as {@link createDecoder} does.
 */
export function layoutLines(btf: Btf, id: number): string[] {
  const shape = shapeOf(btf, id);
  const lines = [typeText(shape)];
  addMembers(lines, shape, '');
  return lines;
}

function addMembers(lines: string[], shape: Shape, path: string): void {
  if (shape.form === 'array') addMembers(lines, shape.element, `${path}[]`);
  if (shape.form !== 'struct') return;
  for (const { name, offset, shape: of } of shape.fields) {
    const word = /^\w+$/.test(name) ? name : JSON.stringify(name);
    const at = path === '' ? word : `${path}.${word}`;
    lines.push(`${at}: ${typeText(of)} @${place(of, offset)}`);
    addMembers(lines, of, at);
  }
}

function typeText(shape: Shape): string {
  switch (shape.form) {
    case 'int':
      return `${shape.signed ? 's' : 'u'}${shape.size * 8}`;
    case 'bits':
      return `${shape.signed ? 's' : 'u'}${shape.bits}`;
    case 'bool':
      return `bool of ${typeText(shape.of)}`;
    case 'float':
      return `f${shape.size * 8}`;
    case 'text':
      return `char[${shape.open ? '' : shape.length}]`;
    case 'bytes':
      return `u8[${shape.open ? '' : shape.length}]`;
    case 'array': {
      // The outer dimension comes first: int[2][3] is an array of arrays.
      const [, element, dimensions] = /^(.*?)((?:\[\d*\])*)$/.exec(typeText(shape.element))!;
      return `${element}[${shape.open ? '' : shape.count}]${dimensions}`;
    }
    case 'struct':
      return `struct of ${shape.size} bytes`;
  }
}

/** Where a value begins: its byte, and its bit where that is not the byte's first. */
function place(shape: Shape, offset: number): string {
  const bits = shape.form === 'bool' ? shape.of : shape;
  const bit = offset * 8 + (bits.form === 'bits' ? bits.shift : 0);
  return bit % 8 === 0 ? `${bit / 8}` : `${Math.floor(bit / 8)}:${bit % 8}`;
}

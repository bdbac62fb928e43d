import type { Btf, BtfType } from '../btf/index.ts';
import type { TypeRef } from '../spec/index.ts';
import { hexOf, jsonLine } from './json.ts';
import type { Column } from './table.ts';

/** Longest array of characters that gets its whole width; longer ones push the rest of their line. */
const WIDEST_TEXT = 16;

/** A column for each member of an event's type, in its order; members of anonymous ones are the struct's own. */
export function eventColumns({ btf, id }: TypeRef): Column<Record<string, unknown>>[] {
  return membersOf(btf, id).map(({ name, type }) => ({
    header: name.toUpperCase(),
    width: Math.max(name.length, widthOf(btf, btf.type(btf.resolve(type)))),
    value: (event) => cell(event[name]),
  }));
}

/** A value as the text of a cell. */
export function cell(value: unknown): string {
  if (value instanceof Uint8Array) return hexOf(value);
  return typeof value === 'string' ? value : jsonLine(value);
}

function membersOf(btf: Btf, id: number): { name: string; type: number }[] {
  const type = btf.type(btf.resolve(id));
  if (type.kind !== 'struct' && type.kind !== 'union') return [];
  return type.members.flatMap((member) => {
    if (member.name !== '') return [{ name: member.name, type: member.type }];
    return membersOf(btf, member.type);
  });
}

function widthOf(btf: Btf, type: BtfType): number {
  if (type.kind === 'array') {
    const element = btf.type(btf.resolve(type.type));
    return element.kind === 'int' && element.size === 1 ? Math.min(type.count, WIDEST_TEXT) : WIDEST_TEXT;
  }
  if (type.kind === 'ptr') return 20;
  if (type.kind === 'int' || type.kind === 'enum') return type.size === 8 ? 15 : 8;
  return 8;
}

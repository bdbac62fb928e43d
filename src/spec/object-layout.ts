// Not by the door of the room, which is also the package's: users have no need of it.
import { layoutLines } from '../btf/layout-lines.ts';
import { TypeMismatchError } from '../errors/index.ts';
import { MapType } from './constants.ts';
import { keyForm, type MapForm, valueForm } from './map-forms.ts';
import type { MapSpec, ObjectSpec, TypeRef } from './object.ts';

/** A type as its decoder sees it, a line for each member: `['struct of 8 bytes', 'pid: u32 @0', 'tid: u32 @4']`. */
export type Layout = readonly string[];

/** What a program in TypeScript relies on of a map. */
export interface MapLayout {
  /** A MapTypeName. */
  readonly type: string;
  /** Absent where it has none. */
  readonly key?: Layout;
  /** Of one CPU, in per-CPU maps. */
  readonly value?: Layout;
}

/** What a program in TypeScript relies on of an object, by name. */
export interface ObjectLayout {
  /** Type of each ring's events. */
  readonly rings: Readonly<Record<string, Layout>>;
  readonly maps: Readonly<Record<string, MapLayout>>;
  readonly variables: Readonly<Record<string, Layout>>;
  readonly programs: readonly string[];
}

/** The maps that the user made: not those that hold global data, nor those that count a ring's drops. */
export function userMaps({ maps }: ObjectSpec): MapSpec[] {
  const counters = new Set(maps.map(({ dropCounter }) => dropCounter));
  return maps.filter(({ name }) => !name.startsWith('.') && !counters.has(name));
}

/**
 * The layout of all that an object has.
 *
 * @throws ObjectFormatError and ArgumentError for a type that has no values.
 */
export function layoutOf(spec: ObjectSpec): ObjectLayout {
  const rings = spec.maps.filter(({ type }) => type === 'RINGBUF');
  const maps = userMaps(spec);
  return {
    rings: byName(rings, ({ event }) => (event === undefined ? ['bytes'] : linesOf(event))),
    maps: byName(maps, mapLayout),
    variables: byName(spec.variables ?? [], ({ type }) => linesOf(type)),
    programs: spec.programs.map(({ name }) => name),
  };
}

/**
 * Checks that an object has what is expected of it. It may have more.
 *
 * @throws TypeMismatchError for the first part that is missing or of another type.
 */
export function checkLayout(spec: ObjectSpec, expected: ObjectLayout): void {
  const parts = new Map(partsOf(layoutOf(spec)));
  for (const [part, lines] of partsOf(expected)) {
    const difference = compare(lines, parts.get(part) ?? ['nothing of that name']);
    if (difference !== undefined) throw new TypeMismatchError({ object: spec.name, part, ...difference });
  }
}

interface Difference {
  readonly member?: string;
  readonly expected: string;
  readonly actual: string;
}

/** The first member that only one of them has, else the first of another type or place, else the type itself. */
function compare([expected, ...members]: Layout, [actual, ...others]: Layout): Difference | undefined {
  const before = new Map(members.map(split));
  const after = new Map(others.map(split));
  if (after.size > 0) {
    for (const [member, text] of before) {
      if (!after.has(member)) return { member, expected: text, actual: 'no such member' };
    }
  }
  if (before.size > 0) {
    for (const [member, text] of after) {
      if (!before.has(member)) return { member, expected: 'no such member', actual: text };
    }
    for (const [member, text] of before) {
      const now = after.get(member);
      if (now !== undefined && now !== text) return { member, expected: text, actual: now };
    }
  }
  return expected === actual ? undefined : { expected: expected ?? 'nothing', actual: actual ?? 'nothing' };
}

/** The path of a member, whose names are quoted where they have a colon, and what it is. */
function split(line: string): [member: string, text: string] {
  const colon = line.lastIndexOf(': ');
  return [line.slice(0, colon), line.slice(colon + 2)];
}

function* partsOf({ rings, maps, variables, programs }: ObjectLayout): Generator<[string, Layout]> {
  for (const [name, lines] of Object.entries(rings)) yield [`ring ${name}`, lines];
  for (const [name, { type, key, value }] of Object.entries(maps)) {
    yield [`map ${name}`, [type]];
    if (key !== undefined) yield [`key of map ${name}`, key];
    if (value !== undefined) yield [`value of map ${name}`, value];
  }
  for (const [name, lines] of Object.entries(variables)) yield [`variable ${name}`, lines];
  for (const name of programs) yield [`program ${name}`, ['a program']];
}

function mapLayout(map: MapSpec): MapLayout {
  const type = MapType[map.type];
  const key = formLines(keyForm(type, map.key, map.keySize));
  const value = formLines(valueForm(type, map.value, map.valueSize));
  return { type: map.type, ...(key && { key }), ...(value && { value }) };
}

function formLines(form: MapForm): Layout | undefined {
  switch (form.form) {
    case 'typed':
      return linesOf(form.type);
    case 'prefix':
      return [`prefix of ${form.size - 4} bytes`];
    case 'object':
      return ['map or program'];
    case 'bytes':
      return form.size === 0 ? undefined : [`u8[${form.size}]`];
  }
}

function linesOf({ btf, id }: TypeRef): Layout {
  return layoutLines(btf, id);
}

function byName<T extends { readonly name: string }, L>(
  items: readonly T[],
  layout: (item: T) => L,
): Record<string, L> {
  // Own properties whatever their names.
  return Object.fromEntries(items.map((item) => [item.name, layout(item)]));
}

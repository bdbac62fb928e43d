import { Btf, BtfBuilder, type BtfInt, type BtfNewType, type BtfType } from '../../btf/index.ts';
import { identifier } from '../program-btf.ts';
import type { KernelFeature, Lacks } from './features.ts';

/** What a replacement may refer to. */
interface Context {
  readonly btf: Btf;
  /** Id of an integer of one byte, the last type. */
  readonly placeholder: number;
}

/** A kind of type that a kernel without a feature refuses, and one of the same size that it takes. */
interface Row<K extends BtfType['kind'] = BtfType['kind']> {
  readonly feature: KernelFeature;
  readonly kind: K;
  /** Of types of the kind, those concerned; all where absent. */
  readonly when?: (type: Extract<BtfType, { kind: K }>) => boolean;
  readonly replace: (type: Extract<BtfType, { kind: K }>, context: Context) => BtfNewType;
}

/** Checks a row against its kind, and forgets it. */
function row<K extends BtfType['kind']>(value: Row<K>): Row {
  return value as unknown as Row;
}

/** In the order of the kernels that lack them: what fits first holds. */
const ROWS: readonly Row[] = [
  row({
    feature: 'btf_func',
    kind: 'func_proto',
    replace: ({ params }) => ({
      kind: 'enum',
      name: '',
      size: 4,
      signed: false,
      values: params.map(({ name }, value) => ({ name: name || `arg${value}`, value })),
    }),
  }),
  row({
    feature: 'btf_func',
    kind: 'func',
    replace: ({ name, type }) => ({ kind: 'typedef', name, type }),
  }),
  row({ feature: 'btf_datasec', kind: 'var', replace: ({ name }) => byte(name) }),
  row({
    feature: 'btf_datasec',
    kind: 'datasec',
    replace: ({ name, size, variables }, { btf }) => ({
      kind: 'struct',
      name: identifier(name),
      size,
      members: variables.map(({ type, offset }) => ({
        name: nameOf(btf.type(type)),
        type,
        bitOffset: offset * 8,
        bitSize: 0,
      })),
    }),
  }),
  row({
    feature: 'btf_qmark_datasec',
    kind: 'datasec',
    when: ({ name }) => name.startsWith('?'),
    replace: (type) => ({ ...type, name: `_${type.name.slice(1)}` }),
  }),
  row({
    feature: 'btf_global_func',
    kind: 'func',
    when: ({ linkage }) => linkage !== 'static',
    replace: (type) => ({ ...type, linkage: 'static' }),
  }),
  row({
    feature: 'btf_float',
    kind: 'float',
    replace: ({ size }) => ({ kind: 'struct', name: '', size, members: [] }),
  }),
  row({ feature: 'btf_decl_tag', kind: 'decl_tag', replace: () => byte('') }),
  row({ feature: 'btf_type_tag', kind: 'type_tag', replace: ({ type }) => ({ kind: 'const', type }) }),
  row({
    feature: 'btf_enum64',
    kind: 'enum64',
    replace: ({ name, size, values }, { placeholder: type }) => ({
      kind: 'union',
      name,
      size,
      members: values.map((value) => ({ name: value.name, type, bitOffset: 0, bitSize: 0 })),
    }),
  }),
  row({
    // Signs came with it.
    feature: 'btf_enum64',
    kind: 'enum',
    when: ({ signed }) => signed,
    replace: (type) => ({
      ...type,
      signed: false,
      values: type.values.map(({ name, value }) => ({ name, value: value >>> 0 })),
    }),
  }),
];

/**
 * The types of an object as a kernel takes them that does not know all kinds [`bpf_object__sanitize_btf`]. All keep
 * their ids and sizes; offsets of strings change.
 *
 * @returns `btf` itself where there is nothing to change.
 */
export function sanitizeBtf(btf: Btf, lacks: Lacks): Btf {
  const context: Context = { btf, placeholder: btf.typeCount + 1 };
  const types: BtfNewType[] = [];
  let changed = false;
  for (let id = 1; id <= btf.typeCount; id++) {
    const type = btf.type(id) as BtfNewType;
    const found = ROWS.find(
      ({ kind, when, feature }) => kind === type.kind && when?.(type) !== false && lacks(feature),
    );
    changed ||= found !== undefined;
    types.push(found?.replace(type, context) ?? type);
  }
  if (!changed) return btf;
  const builder = new BtfBuilder({ littleEndian: btf.littleEndian });
  for (const type of types) builder.add(type);
  builder.add(byte(''));
  return Btf.parse(builder.build(), { name: btf.name });
}

/** The kernel checks that a variable is not smaller than its type: one byte fits all. */
function byte(name: string): BtfInt {
  const bits = 8;
  return { kind: 'int', name, size: 1, bits, bitOffset: 0, signed: false, char: false, bool: false };
}

function nameOf(type: BtfType): string {
  return 'name' in type ? type.name : '';
}

import { ArgumentError } from '../../errors/index.ts';
import type { BpfMap } from '../../kernel/index.ts';
import type { MapSpec } from '../../spec/index.ts';

/** A map of a program, with the methods that BCC's tables of its kind have. */
export class Table {
  /** Its blueprint. */
  readonly spec: MapSpec;

  constructor(spec: MapSpec) {
    this.spec = spec;
  }

  get name(): string {
    return this.spec.name;
  }
}

/** A table over a map whose entries user space may touch. */
export class MapTable<K, V> extends Table {
  /** The map itself, whose calls go further: batches, pins, update modes. */
  readonly map: BpfMap<K, V>;

  constructor(spec: MapSpec, map: BpfMap<K, V>) {
    super(spec);
    this.map = map;
  }

  /** File descriptor: a table is put into a map of maps by it. */
  get fd(): number {
    return this.map.fd;
  }
}

/**
 * Types cannot tell the kinds of tables apart: the text in C says what they are. So what belongs to one kind alone, called on
 * another, shall say so in place of "is not a function".
 */
export function refuseOnOthers(kinds: readonly { readonly prototype: Table }[]): void {
  const names = new Set(kinds.flatMap(({ prototype }) => membersOf(prototype)));
  for (const name of names) {
    Object.defineProperty(Table.prototype, name, {
      get(this: Table) {
        throw lacks(this, name);
      },
    });
  }
}

function lacks(table: Table, name: string): ArgumentError {
  return new ArgumentError({
    message: `table ${table.name} is of type ${table.spec.type}, which has no ${name}`,
    remedy: `It has: ${membersOf(Object.getPrototypeOf(table)).join(', ')}.`,
  });
}

/** Methods and getters of a kind of table, besides those of all tables. */
function membersOf(kind: Table): string[] {
  const names = new Set<string>();
  for (let at = kind; at !== Table.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  return [...names].filter((name) => !OF_ALL.has(name));
}

const OF_ALL: ReadonlySet<string> = new Set(['constructor', 'fd']);

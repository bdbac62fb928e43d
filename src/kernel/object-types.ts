import type { ObjectLayout } from '../spec/index.ts';
import type { BpfMap } from './map.ts';

/** What the parts of an object hold, by name: what TypeScript knows of it. */
export interface ObjectTypes {
  /** Event of each ring. */
  readonly rings: object;
  /** Each map: a {@link BpfMap} of its keys and values. */
  readonly maps: object;
  /** Value of each global variable. */
  readonly variables: object;
  /** Names of the programs. */
  readonly programs: string;
}

/**
 * An object of which TypeScript knows only the events.
 *
 * @typeParam Rings event by name of the ring.
 */
export interface RingTypes<Rings extends object = Record<string, unknown>> extends ObjectTypes {
  readonly rings: Rings;
  readonly maps: Record<string, BpfMap>;
  readonly variables: Record<string, unknown>;
}

declare const TYPES: unique symbol;

/**
 * An object file and what it holds: the default export of a module that `ringtail types` made. `load()` takes it, and
 * throws TypeMismatchError where the file holds something else.
 *
 * It is plain data. Where the file lies elsewhere: `load({ ...definition, url: pathToFileURL('/opt/exec.bpf.o') })`.
 *
 * @typeParam T the types that the layouts stand for.
 */
export interface ObjectDefinition<T extends ObjectTypes = ObjectTypes> extends ObjectLayout {
  /** The object file. */
  readonly url: URL;
  /** Types of events that its BTF does not tell, as {@link LoadOptions} has them. */
  readonly types?: Readonly<Record<string, string>>;
  /** Of types only. */
  readonly [TYPES]?: T;
}

import { ArgumentError } from '../errors/index.ts';

/** What to do with a record. False stops after this one. A promise is a type error: nobody would await it. */
// biome-ignore lint/suspicious/noConfusingVoidType: `void` alone would accept a function that returns a promise.
export type Handler<E> = (event: E) => void | false;

/** Makes of the record at a place of {@link RecordSource.memory} what a handler is given. */
export type Take<E> = (offset: number, length: number) => E;

/** Whether a handler wants more. @throws ArgumentError for a promise. */
export function goesOn(result: unknown): boolean {
  if (result === undefined) return true;
  if (result === false) return false;
  if (typeof result === 'object' && result !== null && 'then' in result) {
    throw new ArgumentError({
      message: 'a ring handler returned a promise, which nobody would await',
      remedy: 'Handlers are synchronous. To await between records use: for await (const event of ring)',
    });
  }
  return true;
}

import { RingtailError } from './base.ts';

/** Source text that cannot be compiled. `message` names the place: `filter:1:5: there is no field "pdi"`. */
export class CompileError extends RingtailError {
  /** What the text is called: a file's path, or `filter`. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in UTF-16 units. */
  readonly column: number;
  /** What to write instead; the same as `remedy`. */
  readonly hint: string;
  /** The line of text that the error is in. */
  readonly sourceLine: string;

  /** @param details.offset where in `text` the error is, in UTF-16 units from 0. */
  constructor(details: { file: string; text: string; offset: number; problem: string; hint: string }) {
    const before = details.text.slice(0, details.offset).split('\n');
    const line = before.length;
    const column = before.at(-1)!.length + 1;
    super('RINGTAIL_COMPILE', {
      message: `${details.file}:${line}:${column}: ${details.problem}`,
      remedy: details.hint,
    });
    this.file = details.file;
    this.line = line;
    this.column = column;
    this.hint = details.hint;
    this.sourceLine = details.text.split('\n')[line - 1]!;
  }
}

import { RingtailError } from './base.ts';

/** What a compiler says about a place in a text. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** What the text is called: a file's path, or `filter`. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in UTF-16 units. */
  readonly column: number;
  readonly problem: string;
  /** The line of text that it is about; empty where it is about none. */
  readonly sourceLine: string;
}

/** Source text that cannot be compiled. `message` names the place: `filter:1:5: there is no field "pdi"`. */
export class CompileError extends RingtailError implements Diagnostic {
  readonly severity: 'error' = 'error';
  /** What the text is called: a file's path, or `filter`. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in UTF-16 units. */
  readonly column: number;
  /** What is wrong, without the place. */
  readonly problem: string;
  /** What to write instead; the same as `remedy`. */
  readonly hint: string;
  /** The line of text that the error is in. */
  readonly sourceLine: string;
  /** Every error that was found, this one first. */
  readonly errors: readonly Diagnostic[];

  /**
   * @param details.offset where in `text` the error is, in UTF-16 units from 0.
   * @param details.errors instead of a text and a place in it: what a compiler found.
   */
  constructor(
    details: { hint: string } & (
      | { file: string; text: string; offset: number; problem: string }
      | { errors: readonly [Diagnostic, ...Diagnostic[]] }
    ),
  ) {
    const errors = 'errors' in details ? details.errors : ([diagnosticAt(details)] as const);
    const [first] = errors;
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more: --verbose, or \`errors\`)` : '';
    const place = first.line > 0 ? `${first.file}:${first.line}:${first.column}` : first.file;
    super('RINGTAIL_COMPILE', { message: `${place}: ${first.problem}${more}`, remedy: details.hint });
    this.file = first.file;
    this.line = first.line;
    this.column = first.column;
    this.problem = first.problem;
    this.hint = details.hint;
    this.sourceLine = first.sourceLine;
    this.errors = errors;
  }

  /** Every error as lines of text: place and problem, source line, caret. */
  get log(): string {
    return this.errors.map((error) => formatDiagnostic(error)).join('\n');
  }
}

/**
 * A diagnostic as lines of text: place and problem, source line, caret.
 *
 * @param makeSafe what makes text safe to show where it goes.
 * @example
 * formatDiagnostic(error);
 * // exec.c:3:5: error: unknown type name 'u33'
 * //   u33 pid;
 * //   ^
 */
export function formatDiagnostic(diagnostic: Diagnostic, makeSafe?: (text: string) => string): string {
  const { severity, file, line, column, problem } = diagnostic;
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  const cause = `${place}: ${severity}: ${problem}`;
  return [makeSafe?.(cause) ?? cause, ...excerpt(diagnostic, makeSafe)].join('\n');
}

/** UTF-16 units of a long line that are shown on either side of the place. */
const SHOWN = 60;

/** The source line, or what is around the place in a long one, and under it a caret; nothing where the line is not known. */
export function excerpt(
  { line, column, sourceLine }: Diagnostic,
  makeSafe: (text: string) => string = (text) => text,
): string[] {
  if (line === 0 || sourceLine === '') return [];
  const shown = (text: string): string => makeSafe(text.replaceAll('\t', '    '));
  const at = column - 1;
  const start = sourceLine.length <= 2 * SHOWN ? 0 : Math.max(0, at - SHOWN);
  const end = sourceLine.length <= 2 * SHOWN ? sourceLine.length : at + SHOWN;
  const before = (start > 0 ? '…' : '') + shown(sourceLine.slice(start, at));
  const after = shown(sourceLine.slice(at, end)) + (end < sourceLine.length ? '…' : '');
  return [`  ${before}${after}`, `  ${' '.repeat(before.length)}^`];
}

function diagnosticAt(details: { file: string; text: string; offset: number; problem: string }): Diagnostic {
  const before = details.text.slice(0, details.offset).split('\n');
  return {
    severity: 'error',
    file: details.file,
    line: before.length,
    column: before.at(-1)!.length + 1,
    problem: details.problem,
    sourceLine: details.text.split('\n')[before.length - 1]!,
  };
}

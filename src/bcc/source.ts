import { readFileSync } from 'node:fs';
import { compileSync } from '../clang/index.ts';
import { ArgumentError, unreadable } from '../errors/index.ts';
import { runningKernel } from '../kernel/index.ts';
import { type ObjectSpec, parseObject } from '../spec/index.ts';

/** Where a program of a BPF comes from: one of a text in C, a file with one, or what was compiled elsewhere. */
export type BpfSource =
  | { readonly text: string; readonly srcFile?: never; readonly object?: never }
  | { readonly srcFile: string; readonly text?: never; readonly object?: never }
  | { readonly object: ObjectSpec | Uint8Array; readonly text?: never; readonly srcFile?: never };

/** Options of a BPF, besides the source. */
export interface BpfOptions {
  /** Further arguments of clang, such as `-DLIMIT=4`; never seen by a shell. */
  readonly cflags?: readonly string[];
  /** Types of events by table, where the text does not tell one: `{ events: 'struct event' }`, or a declaration in C. */
  readonly types?: Readonly<Record<string, string>>;
}

/** The blueprint of a program. @throws ArgumentError for no source or several, or a file that cannot be read; what compiling throws. */
export function specOf({ text, srcFile, object, cflags = [] }: BpfSource & BpfOptions): ObjectSpec {
  if ([text, srcFile, object].filter((source) => source !== undefined).length !== 1) {
    throw new ArgumentError({
      message: 'the program is given by nothing, or more than once',
      remedy: 'Give BPF one of text, srcFile and object.',
    });
  }
  if (object !== undefined)
    return object instanceof Uint8Array ? parseObject(object, { name: 'object' }) : object;
  const options = { kernel: runningKernel, flags: cflags };
  if (text !== undefined) return compileSync(text, options);
  return compileSync(readText(srcFile!), { ...options, name: srcFile! });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw unreadable(path, cause, 'Name a file with a program in C.');
  }
}

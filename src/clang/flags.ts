import { resolve } from 'node:path';
import { ArgumentError } from '../errors/index.ts';

/** Options of clang that name a file or folder, in the same argument or in the next. */
const NAMES_PATH = /^(-I|-iquote|-isystem|-idirafter|-include)(.*)$/;

/** Options of clang whose value is the next argument. */
const TAKES_NEXT = new Set(
  '-I -iquote -isystem -idirafter -include -imacros -isysroot -D -U -x -target -Xclang -Xpreprocessor -mllvm'.split(
    ' ',
  ),
);

/**
 * Refuses what is no flag: another file to compile, a place for the object, an option without its value, which would
 * swallow the argument behind it.
 *
 * @throws ArgumentError
 */
export function checkFlags(flags: readonly string[]): void {
  for (let i = 0; i < flags.length; i++) {
    const flag = flags[i]!;
    if (!flag.startsWith('-') || flag === '-') {
      throw new ArgumentError({
        message: `"${flag}" is no flag of clang, which gets one program at a time`,
        remedy: 'Leave it out; a program of several files includes the others.',
      });
    }
    if (flag === '-o') {
      throw new ArgumentError({
        message: 'the flag -o of clang has no use: the object file does not go where clang puts it',
        remedy: 'Leave it out; the file that is written is named by ringtail compile -o FILE.',
      });
    }
    if (!TAKES_NEXT.has(flag)) continue;
    i++;
    if (i < flags.length) continue;
    throw new ArgumentError({
      message: `the flag ${flag} of clang is the last, and takes a value behind it`,
      remedy: 'Give the value, or leave the flag out.',
    });
  }
}

/** Arguments of clang with every relative path made absolute. */
export function absoluteFolders(flags: readonly string[]): string[] {
  return flags.map((flag, i) => {
    const [, option, path] = NAMES_PATH.exec(flag) ?? [];
    if (option !== undefined && path !== '') return `${option}${resolve(path!)}`;
    return NAMES_PATH.exec(flags[i - 1] ?? '')?.[2] === '' ? resolve(flag) : flag;
  });
}

/** The folders that arguments of clang name as places of headers. */
export function includeFolders(flags: readonly string[]): string[] {
  const whole = absoluteFolders(flags);
  return whole.flatMap((flag, i) => {
    const [, option, path] = NAMES_PATH.exec(flag) ?? [];
    if (option === undefined || option === '-include') return [];
    return path === '' ? whole.slice(i + 1, i + 2) : [path!];
  });
}

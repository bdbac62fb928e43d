import { ArgumentError } from './usage.ts';

/** A file that somebody named and that cannot be read. @param cause what Node threw. */
export function unreadable(
  path: string,
  cause: unknown,
  remedy = 'Give the path of a file that exists and may be read.',
): ArgumentError {
  // `ENOENT: no such file or directory, open 'x'`
  const [reason] = (cause as Error).message.split(', ');
  return new ArgumentError({ message: `${path || '""'} cannot be read: ${reason}`, remedy, cause });
}

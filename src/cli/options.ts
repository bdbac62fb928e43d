import { type Command, InvalidArgumentError, Option } from 'commander';
import { ArgumentError } from '../errors/index.ts';

/** Words on the command line that do not go together: exit code 2, as for what commander refuses. */
export class UsageError extends ArgumentError {}

/**
 * Refuses an option in the place of another's value: `--pin --listen 0` would be a pin called `--listen`.
 *
 * @throws UsageError.
 */
export function checkValues({ options }: Command, words: readonly string[]): void {
  for (let i = 0; i + 1 < words.length && words[i] !== '--'; i++) {
    const option = options.find((known) => known.required && [known.short, known.long].includes(words[i]));
    if (option === undefined) continue;
    const value = words[++i]!;
    if (!value.startsWith('--')) continue;
    throw new UsageError({
      message: `option ${option.flags} needs a value, and ${value} is none`,
      remedy: `Give one, or where that is meant: ${option.long}=${value}`,
    });
  }
}

/** Parsers of option values. What they throw, commander reports with the option's name. */

const DURATION_UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `10s`, `5m`, `1h`, or plain seconds: `10`, `0.5`. @returns milliseconds. */
export function parseDuration(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(number) * DURATION_UNITS[unit]!;
  // setTimeout takes no more than 31 bits of milliseconds.
  if (number === undefined || ms <= 0 || ms > 2 ** 31 - 1) {
    throw new InvalidArgumentError('Give a time such as 10s, 500ms, 5m, or seconds.');
  }
  return ms;
}

const SIZE_UNITS: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `262144`, `256K`, `1M`. @returns bytes. */
export function parseSize(text: string): number {
  const [, number, unit = ''] = /^(\d+)([kmg])?(?:i?b)?$/.exec(text.toLowerCase()) ?? [];
  if (number === undefined) throw new InvalidArgumentError('Give a size such as 256K or 1M.');
  return Number(number) * SIZE_UNITS[unit]!;
}

/** A whole number from `min` to `max`. */
export function parseWhole(min: number, max: number = 2 ** 32 - 1): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };
}

/** A regular expression. */
export function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError(`Not a regular expression: ${(error as Error).message}.`);
  }
}

/** `--type 'events=struct event'`, again for each ring. */
export function typeOption(): Option {
  return new Option(
    '--type <ring=type>',
    "event type of a ring: 'events=struct event', or a declaration in C",
  ).argParser((text: string, before?: Record<string, string>) => ({ ...before, ...assignment(text) }));
}

/** `name=value`, as a record of one. */
export function assignment(text: string): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('Write it as name=value.');
  return { [text.slice(0, equals).trim()]: text.slice(equals + 1) };
}

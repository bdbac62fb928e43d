import { ArgumentError } from '../../errors/index.ts';

/** The kinds of tracepoint programs that can be written here. */
export const TARGET_KINDS = ['tracepoint', 'raw_tracepoint', 'tp_btf'] as const;

/** How a tracepoint is hooked: by its record in tracefs, or by its arguments. */
export type TargetKind = (typeof TARGET_KINDS)[number];

/** What is traced. */
export type TraceTarget =
  | { readonly kind: 'tracepoint'; readonly category: string; readonly name: string }
  | { readonly kind: 'raw_tracepoint' | 'tp_btf'; readonly name: string };

const FORMS = 'tracepoint:CATEGORY:NAME, raw_tracepoint:NAME or tp_btf:NAME';

/**
 * Reads `tracepoint:sched:sched_switch`, `raw_tracepoint:sched_switch` or `tp_btf:sched_switch`. Without a kind two names
 * are a tracepoint: `sched:sched_switch`.
 *
 * @throws ArgumentError for another form, and for a pattern.
 */
export function parseTarget(text: string): TraceTarget {
  const words = text.split(':');
  const kind = TARGET_KINDS.find((k) => k === words[0]);
  const names = kind === undefined ? words : words.slice(1);
  if (/[*?]/.test(text)) {
    throw new ArgumentError({
      message: `"${text}" is a pattern, and one tracepoint is traced at a time`,
      remedy: `List what it matches: ringtail trace -l '${text}'`,
    });
  }
  const wanted = kind === undefined || kind === 'tracepoint' ? 2 : 1;
  if (names.length !== wanted || !names.every((name) => /^[\w-]+$/.test(name))) {
    throw new ArgumentError({ message: `"${text}" names no tracepoint`, remedy: `Write it as ${FORMS}.` });
  }
  const [first, second] = names as [string, string];
  return kind === undefined || kind === 'tracepoint'
    ? { kind: 'tracepoint', category: first, name: second }
    : { kind, name: first };
}

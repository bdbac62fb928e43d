import { NotFoundError, nearest } from '../../errors/index.ts';
import { availableTracepoints, matcher, vmlinuxBtf } from '../../kernel/index.ts';
import { btfTracepoints } from './btf-fields.ts';
import { TraceFields } from './fields.ts';
import { parseTarget, TARGET_KINDS } from './target.ts';

/** A field that a tracepoint declares. */
export interface ListedField {
  readonly name: string;
  /** As C writes it. */
  readonly type: string;
}

/**
 * Names of tracepoints as {@link trace} takes them, sorted. `*` stands for any characters, `?` for one.
 *
 * `sched:*` and `tracepoint:sched:*` look in tracefs, `tp_btf:sched_*` and `raw_tracepoint:*` in the kernel's BTF, which has
 * also those that tracefs does not show. A word without colons is looked for anywhere in the names of tracefs.
 *
 * @throws NotFoundError when nothing matches; ArgumentError where tracefs is not mounted; PermissionError where it is
 *   readable by root alone; NotSupportedError (no BTF).
 */
export function listTracepoints(pattern = '*'): string[] {
  const kind = TARGET_KINDS.find((k) => pattern.startsWith(`${k}:`));
  const names =
    kind === undefined || kind === 'tracepoint' ? availableTracepoints() : btfTracepoints(vmlinuxBtf());
  const glob = kind === undefined ? pattern : pattern.slice(kind.length + 1);
  const wanted = matcher(glob);
  const found = names.filter(
    (name) => wanted(name) || (!glob.includes(':') && wanted(name.split(':').at(-1)!)),
  );
  if (found.length > 0) return found.map((name) => `${kind ?? 'tracepoint'}:${name}`).sort();
  const close = nearest(glob.replace(/[*?]/g, ''), names);
  throw new NotFoundError({
    message: `no tracepoint matches "${pattern}"`,
    remedy: close.length > 0 ? `Nearest: ${close.join(', ')}.` : "List all: ringtail trace -l '*'",
  });
}

/**
 * The fields that a tracepoint declares, in its order; in {@link trace} they can be named beside the built-ins.
 *
 * @throws NotFoundError, ArgumentError, PermissionError, NotSupportedError as {@link trace} does.
 */
export function listFields(target: string): ListedField[] {
  return TraceFields.open(parseTarget(target)).declared.map(({ name, type }) => ({ name, type }));
}

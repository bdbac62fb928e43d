import { NotFoundError, nearest } from '../errors/index.ts';
import { HELPER_TABLE } from './helpers.table.ts';

/** Name of a kernel helper, without its `bpf_` prefix. */
export type HelperName = (typeof HELPER_TABLE)[number][1];

/** A function that the kernel offers to BPF programs (`enum bpf_func_id`). */
export interface Helper {
  /** What a call instruction carries. */
  readonly id: number;
  /** The kernel's name, without its `bpf_` prefix. */
  readonly name: HelperName;
  /** First kernel release that has it, such as `5.8`. */
  readonly since: string;
  /** What it does, in one line. */
  readonly summary: string;
}

/** All helpers by ascending id. The list is closed: the kernel adds kfuncs instead since 6.2. */
export const HELPERS: readonly Helper[] = HELPER_TABLE.map(([id, name, since, summary]) => ({
  id,
  name,
  since,
  summary,
}));

const BY_NAME: ReadonlyMap<string, Helper> = new Map(HELPERS.map((h) => [h.name, h]));

/**
 * Looks up a helper by name (with or without `bpf_`) or by its id in digits.
 *
 * @throws NotFoundError with the nearest names.
 */
export function findHelper(nameOrId: string): Helper {
  const name = nameOrId.replace(/^bpf_/, '');
  const helper = BY_NAME.get(name) ?? HELPERS.find((h) => String(h.id) === name);
  if (helper !== undefined) return helper;
  const near = nearest(name, BY_NAME.keys());
  throw new NotFoundError({
    message: `there is no BPF helper "${nameOrId}"`,
    remedy:
      near.length > 0
        ? `Did you mean ${near.join(', ')}?`
        : '`ringtail helpers` lists all of them; kfuncs are not helpers.',
  });
}

/**
 * Id of the helper `name`.
 *
 * @throws NotFoundError for any other name.
 */
export function helperId(name: HelperName): number {
  return findHelper(name).id;
}

/** Name of the helper with this id, or undefined where there is none. */
export function helperName(id: number): HelperName | undefined {
  const helper = HELPERS[id - 1];
  return helper?.id === id ? helper.name : undefined;
}

/**
 * Helpers as a table, one line each: id, name, first kernel release, what it does.
 *
 * @example
 * ```ts
 * formatHelpers([findHelper('ringbuf_query')]);
 * // [" 134  ringbuf_query  5.8   a ring buffer's unread bytes, size, consumer or producer position"]
 * ```
 */
export function formatHelpers(helpers: readonly Helper[]): string[] {
  const width = Math.max(0, ...helpers.map((h) => h.name.length));
  return helpers.map(
    ({ id, name, since, summary }) =>
      `${String(id).padStart(4)}  ${name.padEnd(width)}  ${since.padEnd(4)}  ${summary}`,
  );
}

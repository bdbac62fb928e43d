/**
 * The names most like `wanted`, best first: those that contain it, then those at a small edit distance.
 *
 * @returns at most `limit` names; empty when nothing is close.
 */
export function nearest(wanted: string, names: Iterable<string>, limit = 3): string[] {
  const scored: { name: string; score: number }[] = [];
  const allowed = Math.max(2, Math.floor(wanted.length / 3));
  for (const name of names) {
    const contains = wanted.length > 2 && name.includes(wanted);
    const score = contains ? 1 + (name.length - wanted.length) / 1000 : distance(wanted, name, allowed);
    if (score <= allowed) scored.push({ name, score });
  }
  scored.sort((a, b) => a.score - b.score || a.name.localeCompare(b.name));
  return scored.slice(0, limit).map((s) => s.name);
}

/**
 * Levenshtein distance, given up (as `limit + 1`) as soon as it must exceed `limit`. Cells further than `limit` from the
 * diagonal cannot lead to less, and are left out.
 */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let [row, next] = [new Array<number>(b.length + 2), new Array<number>(b.length + 2)];
  for (let j = 0; j <= b.length; j++) row[j] = j;
  for (let i = 1; i <= a.length; i++) {
    const [first, last] = [Math.max(1, i - limit), Math.min(b.length, i + limit)];
    let least = first === 1 ? i : limit + 1;
    next[first - 1] = least;
    for (let j = first; j <= last; j++) {
      const substitution = row[j - 1]! + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1);
      const cell = Math.min(row[j]! + 1, next[j - 1]! + 1, substitution);
      next[j] = cell;
      if (cell < least) least = cell;
    }
    next[last + 1] = limit + 1;
    if (least > limit) return limit + 1;
    [row, next] = [next, row];
  }
  return row[b.length]!;
}

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

/** Levenshtein distance, given up (as `limit + 1`) as soon as it must exceed `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, substitution));
    }
    if (Math.min(...next) > limit) return limit + 1;
    row = next;
  }
  return row[b.length]!;
}

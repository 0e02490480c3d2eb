/**
 * What somebody probably meant to type.
 *
 * @module
 */

/** The one of `names` that `typed` was probably meant to be. */
function closest(typed: string, names: readonly string[]): string | undefined {
  // One letter is as close to any other.
  if (/^-[^-]$/.test(typed)) return undefined;
  const bare = (name: string): string => name.replace(/^-+/, "").slice(0, 64).toLowerCase();
  const scored = names
    .map((name) => ({ name, distance: distance(bare(typed), bare(name)) }))
    .sort((a, b) => a.distance - b.distance);
  const best = scored[0];
  return best && best.distance <= Math.max(1, bare(best.name).length / 2) ? best.name : undefined;
}

/** A hint that names the closest of `names`, or `otherwise`. */
export function didYouMean(typed: string, names: readonly string[], otherwise: string): string {
  const guess = closest(typed, names);
  return guess === undefined ? otherwise : `did you mean "${guess}"?`;
}

/** How many letters have to be changed, added, dropped or swapped to get from `a` to `b`. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swaps = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = swaps ? before[j - 2]! + 1 : Infinity;
      next.push(Math.min(changed, swapped, row[j]! + 1, next[j - 1]! + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}

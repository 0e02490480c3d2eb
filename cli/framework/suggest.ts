/**
 * Suggestions for misspelt names.
 *
 * @module
 */

import { nearest } from "../../core/base/options.ts";

/** A hint with the name closest to `typed`, or `otherwise` if none is close. */
export function didYouMean<T extends string | undefined>(
  typed: string,
  names: readonly string[],
  otherwise: T,
): string | T {
  const bare = (name: string): string => name.replace(/^-+/, "");
  const all = names.map(bare);
  // A single letter is equally close to any other.
  const guess = /^-[^-]$/.test(typed) ? undefined : nearest(bare(typed), all);
  return guess === undefined ? otherwise : `did you mean "${names[all.indexOf(guess)]}"?`;
}

/**
 * Repeatable randomness: the same seed draws the same targets and the same tasks.
 * The timing of the processes still varies.
 *
 * @module
 */

/** A seeded random generator. */
export interface Random {
  /** An integer from `least` to `most`. */
  integer(least: number, most: number): number;
  /** The elements of `list` in random order. */
  shuffled<T>(list: readonly T[]): T[];
}

/** Creates a generator from `seed`, by the algorithm mulberry32 (Tommy Ettinger, 2017). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  const integer = (least: number, most: number): number =>
    least + Math.floor(next() * (most - least + 1));
  return {
    integer,
    shuffled(list) {
      const left = [...list];
      return list.map(() => left.splice(integer(0, left.length - 1), 1)[0]!);
    },
  };
}

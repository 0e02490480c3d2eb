/**
 * Chance that can be repeated: the same seed draws the same victims and the
 * same tasks. What the processes make of it is theirs.
 *
 * @module
 */

/** Draws from a seed. */
export interface Random {
  /** An integer from `least` to `most`. */
  integer(least: number, most: number): number;
  /** All of `list`, in an order of its own. */
  shuffled<T>(list: readonly T[]): T[];
}

/** Chance from `seed`, by the generator mulberry32 (Tommy Ettinger, 2017). */
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

/** Chance that can be repeated. */
export type Dice = {
  /** In [0, 1). */
  next(): number
  below(bound: number): number
  pick<T>(from: readonly T[]): T
  chance(share: number): boolean
  /** Between `least` and `most` of what `make` makes. */
  several<T>(least: number, most: number, make: () => T): T[]
}

/** mulberry32. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
  const below = (bound: number) => Math.floor(next() * bound)
  return {
    next,
    below,
    pick: <T>(from: readonly T[]) => from[below(from.length)] as T,
    chance: (share) => next() < share,
    several: (least, most, make) => Array.from({ length: least + below(most - least + 1) }, make),
  }
}

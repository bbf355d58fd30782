/** Seeded choices: the same seed gives the same run, on any machine. */
export type Random = {
  /** 0 <= x < 1. */
  next(): number
  /** least <= x <= most, whole. */
  int(least: number, most: number): number
  pick<T>(from: readonly T[]): T
  chance(share: number): boolean
}

/** mulberry32. `stream` gives independent sequences of one seed. */
export function createRandom(seed: number, stream = 0): Random {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) >>> 0
  function next() {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const int = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    int,
    pick: (from) => from[int(0, from.length - 1)] as never,
    chance: (share) => next() < share,
  }
}

/** A seeded source of chance: the same seed gives the same cluster. */
export type Random = {
  /** In [0, 1). */
  next(): number
  /** In [low, high). */
  between(low: number, high: number): number
  /** Whole, in [low, high], both included. */
  whole(low: number, high: number): number
  pick<T>(items: readonly T[]): T
  shuffle<T>(items: readonly T[]): T[]
  /** Of the letters that Kubernetes uses for generated names. */
  letters(length: number): string
  uuid(): string
}

const NAME_LETTERS = 'bcdfghjklmnpqrstvwxz2456789'

/** 32 well-mixed bits of a pair; the n-th draw of a series without drawing the ones before. */
export function mix(seed: number, n: number): number {
  let bits = (seed ^ Math.imul(n + 1, 0x9e3779b9)) >>> 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/** `mix` as a fraction in [0, 1). */
export function fraction(seed: number, n: number): number {
  return mix(seed, n) / 0x1_0000_0000
}

export function createRandom(seed: number): Random {
  let draws = 0
  const next = () => fraction(seed, draws++)
  const between = (low: number, high: number) => low + next() * (high - low)
  const whole = (low: number, high: number) => Math.floor(between(low, high + 1))
  const pick = <T>(items: readonly T[]): T => {
    if (items.length === 0) throw new RangeError('nothing to pick from')
    return items[whole(0, items.length - 1)] as T
  }
  const letters = (length: number) => Array.from({ length }, () => NAME_LETTERS[whole(0, 26)]).join('')
  return {
    next,
    between,
    whole,
    pick,
    letters,
    shuffle: (items) => shuffled(items, whole),
    uuid: () => uuid(next),
  }
}

function shuffled<T>(items: readonly T[], whole: (low: number, high: number) => number): T[] {
  const result = [...items]
  for (let last = result.length - 1; last > 0; last--) {
    const other = whole(0, last)
    const held = result[last] as T
    result[last] = result[other] as T
    result[other] = held
  }
  return result
}

/** Version 4, as the API server assigns. */
function uuid(next: () => number): string {
  const hex = Array.from({ length: 4 }, () =>
    Math.floor(next() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0'),
  ).join('')
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}

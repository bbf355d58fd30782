import type { Named } from './order.ts'

/**
 * Entries by their names. Not a Map of names: V8 interns each text that is a key, and goes through all that are interned
 * in every collection of the whole heap, while requests wait (docs/performance.md).
 */
export type Names<T extends Named> = {
  get(name: string): T | undefined
  /** No entry may have its name yet. */
  add(entry: T): void
  remove(entry: T): void
  size(): number
  all(): T[]
}

export function createNames<T extends Named>(): Names<T> {
  /** One entry, or several whose names have the same hash. */
  const byHash = new Map<number, T | T[]>()
  let count = 0

  return {
    get(name) {
      const found = byHash.get(hashOf(name))
      if (Array.isArray(found)) return found.find((entry) => entry.name === name)
      return found?.name === name ? found : undefined
    },
    add(entry) {
      const hash = hashOf(entry.name)
      const found = byHash.get(hash)
      byHash.set(hash, found ? ([found, entry].flat() as T[]) : entry)
      count++
    },
    remove(entry) {
      const hash = hashOf(entry.name)
      const found = [byHash.get(hash) ?? []].flat() as T[]
      const left = found.filter((each) => each !== entry)
      if (left.length === 0) byHash.delete(hash)
      else byHash.set(hash, left)
      count -= found.length - left.length
    },
    size: () => count,
    all: () => [...byHash.values()].flat() as T[],
  }
}

/** Longest name of a Kubernetes object, bytes; what is longer has the hash of its beginning. */
const scratch = Buffer.allocUnsafeSlow(253)

/** 32-bit FNV-1a of its UTF-8. */
function hashOf(name: string): number {
  const length = scratch.write(name)
  let hash = 0x811c9dc5
  for (let at = 0; at < length; at++) hash = Math.imul(hash ^ (scratch[at] as number), 0x01000193)
  return hash | 0
}

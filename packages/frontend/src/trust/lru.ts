import type { Clock } from '@metrics-ring/common/clock'

/** Remembers at most so many values, each for its time; the one not used for longest goes first. */
export type ExpiringCache<V> = {
  get(key: string): V | undefined
  /** A time to live of 0 or less remembers nothing. Milliseconds. */
  set(key: string, value: V, ttlMs: number): void
  delete(key: string): void
}

export function createExpiringCache<V>(most: number, clock: Clock): ExpiringCache<V> {
  const entries = new Map<string, { value: V; untilMs: number }>()
  return {
    get(key) {
      const entry = entries.get(key)
      if (!entry) return undefined
      entries.delete(key)
      if (clock.mono() >= entry.untilMs) return undefined
      entries.set(key, entry)
      return entry.value
    },
    set(key, value, ttlMs) {
      entries.delete(key)
      if (ttlMs <= 0) return
      entries.set(key, { value, untilMs: clock.mono() + ttlMs })
      const [oldest] = entries.keys()
      if (entries.size > most && oldest !== undefined) entries.delete(oldest)
    },
    delete: (key) => void entries.delete(key),
  }
}

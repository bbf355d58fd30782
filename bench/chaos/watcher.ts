/** What the client saw since it was last reset. Times in milliseconds since the epoch. */
export type Listed = {
  lists: number
  /** Lists not sent because too many were under way. */
  skipped: number
  errors: number
  /** The first few, each once. */
  faults: string[]
  /** Pods that at least one list lacked although they had to be there. */
  missing: string[]
  /** Greatest age of a sample served (now − timestamp), and the pod it was of, milliseconds. */
  oldestMs: number
  oldest: string
  slowestMs: number
  /** When an expected pod was first served. */
  firstSeen: [key: string, atMs: number][]
}

const mostFaults = 5

/** Holds lists of PodMetrics against the pods that must be there. */
export function createWatcher() {
  const mustMs = new Map<string, number>()
  const firstSeen = new Map<string, number>()
  let missing = new Set<string>()
  let listed = nothing()
  /** Many answers are the same to the byte: each is read once. */
  let last: { body: Buffer; items: Items } | undefined

  function read(body: Buffer): Items {
    if (!last?.body.equals(body)) last = { body, items: itemsOf(body) }
    return last.items
  }
  return {
    expect(keys: readonly string[], atMs: number) {
      for (const key of keys) mustMs.set(key, atMs)
    },
    forget(keys: readonly string[]) {
      for (const key of keys) {
        mustMs.delete(key)
        missing.delete(key)
      }
    },
    reset() {
      listed = nothing()
      missing = new Set()
      firstSeen.clear()
    },
    skipped: () => void listed.skipped++,
    failed(message: string) {
      listed.lists++
      listed.errors++
      if (listed.faults.length < mostFaults && !listed.faults.includes(message)) listed.faults.push(message)
    },
    answered(body: Buffer, sentMs: number) {
      const nowMs = Date.now()
      const { names, oldest, oldestAtMs } = read(body)
      listed.lists++
      listed.slowestMs = Math.max(listed.slowestMs, nowMs - sentMs)
      if (nowMs - oldestAtMs > listed.oldestMs)
        Object.assign(listed, { oldestMs: nowMs - oldestAtMs, oldest })
      for (const [key, fromMs] of mustMs) {
        if (!names.has(key)) {
          if (fromMs <= sentMs) missing.add(key)
        } else if (!firstSeen.has(key)) firstSeen.set(key, nowMs)
      }
    },
    seen: (): Listed => ({ ...listed, missing: [...missing], firstSeen: [...firstSeen] }),
  }
}

type Items = { names: Set<string>; oldest: string; oldestAtMs: number }

function itemsOf(body: Buffer): Items {
  const { items } = JSON.parse(body.toString()) as {
    items: { metadata: { namespace: string; name: string }; timestamp: string }[]
  }
  const names = new Set<string>()
  let [oldest, least] = ['', '~']
  for (const { metadata, timestamp } of items) {
    const key = `${metadata.namespace}/${metadata.name}`
    names.add(key)
    if (timestamp < least) [oldest, least] = [key, timestamp]
  }
  return { names, oldest, oldestAtMs: items.length === 0 ? Number.POSITIVE_INFINITY : Date.parse(least) }
}

function nothing(): Listed {
  return {
    lists: 0,
    skipped: 0,
    errors: 0,
    faults: [],
    missing: [],
    oldestMs: 0,
    oldest: '',
    slowestMs: 0,
    firstSeen: [],
  }
}

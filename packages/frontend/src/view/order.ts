/** Something listed under a name. Kubernetes names are ASCII: comparing strings is comparing bytes. */
export type Named = { readonly name: string }

/**
 * Entries in byte order of their names. Most updates replace what is under a name and touch nothing here;
 * additions are gathered and merged in, so that neither a cold start nor a single new pod costs a full sort.
 */
export type Order<T extends Named> = {
  add(entry: T): void
  /** The entry may still show up in `all` for a while: it is for its owner to tell that it is empty. */
  remove(entry: T): void
  /** In order of name. The array is never written to again, so a reader may keep it across turns. */
  all(): readonly T[]
}

/** Additions are merged at the latest when there are so many: bounds one sort to a few milliseconds. */
const mostAdded = 4_096

export function createOrder<T extends Named>(): Order<T> {
  let sorted: readonly T[] = []
  let added: T[] = []
  const removed = new Set<T>()

  function settle() {
    const kept = removed.size > 0 ? sorted.filter((entry) => !removed.has(entry)) : sorted
    const fresh = added.filter((entry) => !removed.has(entry)).sort(byName)
    sorted = fresh.length > 0 ? merge(kept, fresh) : kept
    added = []
    removed.clear()
  }
  return {
    add(entry) {
      added.push(entry)
      if (added.length >= mostAdded) settle()
    },
    remove: (entry) => void removed.add(entry),
    all() {
      if (added.length > 0 || removed.size > sorted.length / 16) settle()
      return sorted
    },
  }
}

export function byName(a: Named, b: Named): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** Both sorted. Finds the place of each of the few among the many by halving, and copies the runs in between. */
function merge<T extends Named>(many: readonly T[], few: readonly T[]): T[] {
  const merged: T[] = []
  let from = 0
  for (const entry of few) {
    const to = placeOf(many, entry.name, from)
    for (; from < to; from++) merged.push(many[from] as T)
    merged.push(entry)
  }
  for (; from < many.length; from++) merged.push(many[from] as T)
  return merged
}

/** Index of the first entry from `low` on whose name is not before `name`. */
export function placeOf(entries: readonly Named[], name: string, low = 0): number {
  let from = low
  let to = entries.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((entries[middle] as Named).name < name) from = middle + 1
    else to = middle
  }
  return from
}

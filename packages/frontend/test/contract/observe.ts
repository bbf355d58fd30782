import { isDeepStrictEqual } from 'node:util'
import { type Context, getList, type Item } from './context.ts'

export type Observed<T> = {
  seen: T
  /** Those that were the same before and after. */
  items: Map<string, Item>
  /** Keys of those that were there before or after. */
  known: Set<string>
  /** Nothing changed meanwhile. */
  still: boolean
}

const mostTries = 12

/**
 * What `look` sees while `path` is served. On a living cluster samples change at any time: a few tries are made
 * to see it standing still.
 */
export async function observe<T>(
  context: Context,
  path: string,
  look: () => Promise<T>,
): Promise<Observed<T>> {
  for (let tries = 1; ; tries++) {
    const before = byKey((await getList(context, path)).items)
    const seen = await look()
    const after = byKey((await getList(context, path)).items)
    const items = new Map([...before].filter(([key, item]) => sameSample(item, after.get(key))))
    const known = new Set([...before.keys(), ...after.keys()])
    const still = items.size === known.size
    if (still || tries === mostTries) return { seen, items, known, still }
  }
}

/** `namespace/name` of a pod, the name of a node. */
export function keyOf({ metadata: { namespace, name } }: Pick<Item, 'metadata'>): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}

function byKey(items: readonly Item[]): Map<string, Item> {
  return new Map(items.map((item) => [keyOf(item), item]))
}

/** Whatever creationTimestamp says: metrics-server puts the time of the request there. */
export function sameSample(one: Item, other: Item | undefined): boolean {
  return isDeepStrictEqual(sampleOf(one), other && sampleOf(other))
}

export function sampleOf(item: Item) {
  const { metadata, timestamp, window, usage, containers } = item
  const { namespace, name, labels } = metadata
  const sorted = containers?.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return { namespace, name, labels, timestamp, window, usage, containers: sorted }
}

import type { Labels } from '../view/item.ts'

/** The label keys in byte order, also where JavaScript keeps them in another: keys that look like array indexes. */
export function sortedKeys(labels: Labels): string[] {
  const keys = Object.keys(labels)
  for (let at = 1; at < keys.length; at++) {
    if ((keys[at] as string) < (keys[at - 1] as string)) return keys.sort()
  }
  return keys
}

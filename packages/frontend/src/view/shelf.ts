import { createGroups, type Group, type Groups, type LabelMatch, type Member } from './groups.ts'
import { createNames, type Names } from './names.ts'
import { byName, createOrder, type Order } from './order.ts'
import type { Rendered } from './renderings.ts'

/** One subject under its name: what is served of it, rendered, and until when. */
export type Entry<T, S = unknown> = Member<T> & Rendered<S> & { readonly name: string }

/** The entries of one namespace (or all nodes): by name, in order of name, by labels. */
export type Shelf<T extends Entry<T>> = {
  names: Names<T>
  order: Order<T>
  groups: Groups<T>
}

export function createShelf<T extends Entry<T>>(): Shelf<T> {
  return { names: createNames<T>(), order: createOrder<T>(), groups: createGroups<T>() }
}

export function putOn<T extends Entry<T>>(shelf: Shelf<T>, entry: T): T {
  shelf.names.add(entry)
  shelf.order.add(entry)
  return entry
}

export function takeOff<T extends Entry<T>>(shelf: Shelf<T>, entry: T): void {
  shelf.names.remove(entry)
  shelf.order.remove(entry)
  shelf.groups.leave(entry)
}

export function isServed<T>(entry: Entry<T>, nowMs: number): boolean {
  return entry.expiresMs > nowMs
}

/** What a request narrows a list by; fields that are absent narrow nothing. */
export type Selection = { name?: string; labels?: LabelMatch }

/** In order of name. Entries of which nothing is served are among them: see `isServed`. */
export function select<T extends Entry<T>>(shelf: Shelf<T>, { name, labels }: Selection): readonly T[] {
  if (name !== undefined) {
    const entry = shelf.names.get(name)
    return entry?.group && (!labels || labels.matches(entry.group.labels)) ? [entry] : []
  }
  return labels ? selectByLabels(shelf, shelf.groups.matching(labels)) : shelf.order.all()
}

/** Sorts the few that match, or leaves out the few that do not: whichever is less work. */
function selectByLabels<T extends Entry<T>>(shelf: Shelf<T>, groups: Group<T>[]): T[] {
  const size = groups.reduce((sum, group) => sum + group.members.length, 0)
  if (size < shelf.names.size() / 8) return groups.flatMap((group) => group.members).sort(byName)
  const matching = new Set<Group<T> | undefined>(groups)
  return shelf.order.all().filter((entry) => matching.has(entry.group))
}

import type { Labels } from './item.ts'
import { labelText, orderedLabels } from './objects.ts'

/** All entries of one namespace that have the same labels. */
export type Group<T> = { readonly labels: Labels; readonly text: string; readonly members: T[] }

/** An entry knows its group and its place among the group's members, so that it can leave in one step. */
export type Member<T> = { group: Group<T> | undefined; place: number }

/** What an index can make of a label selector. */
export type LabelMatch = {
  /** Pairs `key=value` that every match has. Where there are none, all label sets are looked at. */
  pairs: readonly string[]
  matches(labels: Labels): boolean
}

/**
 * Label pair → label sets → entries. Pods of one workload share their label set, so a selector is judged once
 * per set, not per pod, and the labels of 150,000 pods are a few thousand objects.
 */
export type Groups<T> = {
  /** Puts the entry among those with these labels; false: it was there already. */
  join(entry: T, labels: Labels): boolean
  leave(entry: T): void
  matching(selector: LabelMatch): Group<T>[]
}

export function createGroups<T extends Member<T>>(): Groups<T> {
  const groups = new Map<string, Group<T>>()
  /** One group, or several: pods of a StatefulSet each have a pair of their own. */
  const byPair = new Map<string, Group<T> | Set<Group<T>>>()

  function create(text: string, labels: Labels): Group<T> {
    const group: Group<T> = { labels: orderedLabels(labels), text, members: [] }
    groups.set(text, group)
    for (const pair of pairsOf(group.labels)) {
      const having = byPair.get(pair)
      if (having instanceof Set) having.add(group)
      else byPair.set(pair, having ? new Set([having, group]) : group)
    }
    return group
  }
  function drop(group: Group<T>) {
    groups.delete(group.text)
    for (const pair of pairsOf(group.labels)) {
      const having = byPair.get(pair)
      if (having instanceof Set) having.delete(group)
      if (having === group || (having instanceof Set && having.size === 0)) byPair.delete(pair)
    }
  }
  function leave(entry: T) {
    const { group, place } = entry
    if (!group) return
    const last = group.members.pop() as T
    if (last !== entry) {
      group.members[place] = last
      last.place = place
    }
    entry.group = undefined
    if (group.members.length === 0) drop(group)
  }
  /** The shortest of the sets that the selector's pairs lead to. */
  function narrowed(pairs: readonly string[]): Iterable<Group<T>> {
    let least: Set<Group<T>> | undefined
    for (const pair of pairs) {
      const having = byPair.get(pair)
      if (!having) return []
      if (!(having instanceof Set)) return [having]
      if (!least || having.size < least.size) least = having
    }
    return least ?? groups.values()
  }
  return {
    join(entry, labels) {
      const text = labelText(labels)
      if (entry.group?.text === text) return false
      leave(entry)
      const group = groups.get(text) ?? create(text, labels)
      entry.group = group
      entry.place = group.members.push(entry) - 1
      return true
    },
    leave,
    matching: ({ pairs, matches }) => [...narrowed(pairs)].filter(({ labels }) => matches(labels)),
  }
}

/** Keys hold no `=`, so a pair is one text. */
export function pairOf(key: string, value: string): string {
  return `${key}=${value}`
}

function pairsOf(labels: Labels): string[] {
  return Object.entries(labels).map(([key, value]) => pairOf(key, value))
}

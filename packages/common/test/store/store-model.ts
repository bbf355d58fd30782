import { intervalMs } from './store-builders.ts'

/** What may happen to a store. Times in seconds from a fixed moment by the store's clock. */
export type Action =
  | { do: 'commit'; node: string; uid: number; at: number; base: 'stored' | 'none' | 'wrong'; news: boolean }
  | { do: 'delete'; node: string; uid: number }
  | { do: 'step back'; seconds: number }

type Held = { uid: number; at?: number; version: number }

/** The store told once more, as plainly as can be: each Node's uid is also when it was created. */
export function createModel() {
  const held = new Map<string, Held>()
  let lastVersion = 0

  function commit({ node, uid, at, base, news }: Extract<Action, { do: 'commit' }>): string {
    const known = held.get(node)
    if (at < -60 || at > 1) return 'refused clock'
    if (known && (known.uid > uid || (known.uid === uid && known.at === undefined))) return 'refused uid'
    const mine = known?.uid === uid ? known : undefined
    if (mine?.at !== undefined && mine.at <= 1 && (at - mine.at) * 1000 < intervalMs / 3) return 'duplicate'
    const version = mine?.version ?? 0
    const given = { stored: version, none: 0, wrong: 1_000_000 }[base]
    if (given !== version || (!news && version === 0)) return `conflict ${version}`
    if (!news && mine) {
      mine.at = at
      return 'unchanged'
    }
    held.set(node, { uid, at, version: ++lastVersion })
    return `accepted ${lastVersion}`
  }
  function remove(node: string, uid: number) {
    const known = held.get(node)
    if (known && (known.uid > uid || (known.uid === uid && known.at === undefined))) return
    held.set(node, { uid, version: ++lastVersion })
  }

  return {
    apply(action: Action): string {
      if (action.do === 'commit') return commit(action)
      if (action.do === 'delete') remove(action.node, action.uid)
      else for (const each of held.values()) if (each.at !== undefined) each.at += action.seconds
      return 'done'
    },
    version: (node: string, uid: number) => {
      const known = held.get(node)
      return known?.uid === uid ? known.version : 0
    },
    /** In order of version; `at` undefined: a tombstone. */
    all: () => [...held].map(([node, each]) => ({ node, ...each })).sort((a, b) => a.version - b.version),
  }
}

import { hash } from 'node:crypto'
import HashRing from 'hashring'

/**
 * Which shard owns which node: a pure function of the members and the node names, computed from scratch every time,
 * so that shards which see the same members agree without talking (docs/ring.md).
 */

/** Points a member has on the ring: 40 virtual nodes of four points each, as ketama has it. */
const vnodes = 40

export type Ring = {
  /** Sorted. */
  readonly members: readonly string[]
  /** The members in the order in which they would take over a node: a walk round the ring from the node's hash. */
  preference(node: string): Generator<string>
}

/** Member names must be DNS-like: a `:` has a meaning of its own to the ring library, and throws here. */
export function createRing(members: readonly string[]): Ring {
  const sorted = [...new Set(members)].sort(byCodeUnit)
  const strange = sorted.find((member) => !/^[A-Za-z0-9._-]+$/.test(member))
  if (strange !== undefined) throw new RangeError(`not a shard name: ${JSON.stringify(strange)}`)
  // Explicit vnodes and weight, and a vnode count that differs from them: the library's weight formula would lose
  // points at some numbers of members.
  const positions = new HashRing(
    Object.fromEntries(sorted.map((member) => [member, { vnodes, weight: 1 }])),
    'md5',
    { 'vnode count': 1, 'max cache size': 1 },
  )

  function* preference(node: string): Generator<string> {
    const { ring } = positions
    const seen = new Set<string>()
    const start = positions.find(hashOf(node))
    for (let i = 0; i < ring.length && seen.size < sorted.length; i++) {
      const { server } = ring[(start + i) % ring.length] as { server: string }
      if (!seen.has(server)) {
        seen.add(server)
        yield server
      }
    }
  }
  return { members: sorted, preference }
}

/**
 * The owner of every node: each node, in order of its hash, goes to the first member of its preference that owns
 * less than the bound. No order of arrival and no history has a say.
 */
export function assign(ring: Ring, nodes: Iterable<string>): Map<string, string> {
  const ordered = [...new Set(nodes)].sort((a, b) => hashOf(a) - hashOf(b) || byCodeUnit(a, b))
  const most = mostNodes(ordered.length, ring.members.length)
  const load = new Map<string, number>()
  const owners = new Map<string, string>()
  for (const node of ordered) {
    for (const member of ring.preference(node)) {
      const owned = load.get(member) ?? 0
      if (owned >= most) continue
      load.set(member, owned + 1)
      owners.set(node, member)
      break
    }
  }
  return owners
}

/** One version of the rules by which nodes are given to members. */
export type Assignment = { createRing: typeof createRing; assign: typeof assign }

/**
 * The versions that this release speaks. All members assign by the highest that all of them speak, so a release keeps
 * the rules of the one before: then an upgrade never makes two rings of one.
 */
export const assignments: ReadonlyMap<number, Assignment> = new Map([[1, { createRing, assign }]])

/** ceil(11·K / (10·N)): what a member owns at most of K nodes among N members, in integers. */
export function mostNodes(nodes: number, members: number): number {
  return members === 0 ? 0 : Math.ceil((11 * nodes) / (10 * members))
}

/** When in the interval a node is scraped, milliseconds: 0 <= φ < W, spread by hash. */
export function phaseMs(node: string, intervalMs: number): number {
  return hashOf(node) % intervalMs
}

const hashes = new Map<string, number>()
/** More names than any cluster has: beyond it the cache starts again. */
const mostHashes = 100_000

/** The 32-bit position that ketama gives a key. */
function hashOf(key: string): number {
  const cached = hashes.get(key)
  if (cached !== undefined) return cached
  if (hashes.size >= mostHashes) hashes.clear()
  const position = hash('md5', key, 'buffer').readUInt32LE(0)
  hashes.set(key, position)
  return position
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * What the page knows, from the messages it was told. Pure.
 *
 * @import { About, HistoryRow, Message, RingNow } from '../message.ts'
 * @typedef {{
 *   slot: number
 *   name: string
 *   atMs: number
 *   by: number
 *   tookMs: number
 *   failure?: { atMs: number, by: string, reason: string }
 * }} Node `atMs` by the shared clock, -1: never scraped; `by`: slot of the shard, -1: nobody.
 * @typedef {{
 *   about: About
 *   nowMs: number
 *   nodes: Map<number, Node>
 *   shards: Map<number, string>
 *   ring: RingNow
 *   history: Map<number, HistoryRow>
 *   sorted: Node[]
 * }} Model `sorted`: all nodes in order of name.
 */

const historyKept = 120

/**
 * @param {Model | undefined} model changed in place
 * @param {Message} message
 * @returns {Model | undefined} undefined: nothing is known before the first message of a connection
 */
export function learn(model, message) {
  const { about, nowMs, ring } = message
  const next = about
    ? { about, nowMs, ring, nodes: new Map(), shards: new Map(), history: new Map(), sorted: [] }
    : model
  if (!next) return undefined
  Object.assign(next, { nowMs, ring })
  learnNodes(next, message)
  for (const [slot, name] of message.shards) next.shards.set(slot, name)
  for (const row of message.history) next.history.set(row[0], row)
  const times = [...next.history.keys()].sort((a, b) => a - b)
  for (const time of times.slice(0, -historyKept)) next.history.delete(time)
  return next
}

/** @param {Model} model @param {Message} message */
function learnNodes(model, { nowMs, gone, nodes, scraped, failed, mended }) {
  for (const slot of gone) model.nodes.delete(slot)
  for (const [slot, name] of nodes) model.nodes.set(slot, { slot, name, atMs: -1, by: -1, tookMs: 0 })
  if (gone.length + nodes.length > 0) model.sorted = [...model.nodes.values()].sort(byName)
  for (let i = 0; i < scraped.length; i += 4) {
    const [slot = -1, ageMs = -1, by = -1, tookMs = 0] = scraped.slice(i, i + 4)
    const node = model.nodes.get(slot)
    if (node) Object.assign(node, { atMs: ageMs < 0 ? -1 : nowMs - ageMs, by, tookMs })
  }
  for (const [slot, ageMs, by, reason] of failed) {
    const node = model.nodes.get(slot)
    if (node) node.failure = { atMs: nowMs - ageMs, by, reason }
  }
  for (const slot of mended) delete model.nodes.get(slot)?.failure
}

const collator = new Intl.Collator('en', { numeric: true })

/** @param {Node} a @param {Node} b */
function byName(a, b) {
  return collator.compare(a.name, b.name)
}

/** @param {Model} model @param {Node} node @returns {number} milliseconds; -1: never scraped */
export function ageOf({ nowMs }, { atMs }) {
  return atMs < 0 ? -1 : Math.max(0, nowMs - atMs)
}

/** The states of a node by sample age, the best first. */
export const states = /** @type {const} */ (['young', 'due', 'missed', 'late', 'stale', 'never'])

/** @typedef {typeof states[number]} State */

/** In intervals; a scrape takes its time, so one is missed a little after the interval. */
const bounds = { young: 0.5, due: 1.25, missed: 2 }

/**
 * @param {number} ageMs @param {Pick<About, 'intervalMs' | 'maxAgeMs'>} about
 * @returns {State}
 */
export function stateOf(ageMs, { intervalMs, maxAgeMs }) {
  if (ageMs < 0) return 'never'
  if (ageMs <= bounds.young * intervalMs) return 'young'
  if (ageMs <= bounds.due * intervalMs) return 'due'
  if (ageMs <= bounds.missed * intervalMs) return 'missed'
  return ageMs <= maxAgeMs ? 'late' : 'stale'
}

/** @param {State} state @param {Pick<About, 'intervalMs' | 'maxAgeMs'>} about */
export function describeState(state, { intervalMs, maxAgeMs }) {
  const upTo = (/** @type {number} */ ms) => `${Number((ms / 1000).toFixed(1))} s`
  const texts = {
    young: `to ${upTo(bounds.young * intervalMs)}`,
    due: `to ${upTo(bounds.due * intervalMs)}, in time`,
    missed: `to ${upTo(bounds.missed * intervalMs)}, a scrape missed`,
    late: `to ${upTo(maxAgeMs)}, late`,
    stale: `older, not served`,
    never: 'never scraped',
  }
  return texts[state]
}

/**
 * Why a node has not been scraped when it should have been; undefined: it was, or nobody can tell.
 * @param {Model} model @param {Node} node
 */
export function whyNot({ ring }, node) {
  if (node.failure) return node.failure.reason
  const shard = ring.shards.find(({ slot }) => slot === node.by)
  return shard?.silent ? 'its shard is silent; another will cover it' : undefined
}

/** @param {Model} model @param {string} text @param {number} limit names that begin with it first */
export function findNodes({ sorted }, text, limit) {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return []
  const rank = (/** @type {Node} */ { name }) => name.toLowerCase().indexOf(wanted)
  const ranked = sorted.flatMap((node) => (rank(node) < 0 ? [] : [{ node, rank: Math.min(rank(node), 1) }]))
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, limit)
    .map(({ node }) => node)
}

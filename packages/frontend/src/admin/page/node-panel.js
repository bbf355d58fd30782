/** @import { Model, Node } from './model.js' */
import { byId, html, shardClass } from './dom.js'
import { ageOf, stateOf, whyNot } from './model.js'
import { seconds } from './text.js'

/** Who scrapes a node, when it was last scraped, and why not since. */
export function createNodePanel() {
  const panel = byId('node')
  let said = ''

  /** @param {Model} model @param {Node} node */
  function facts(model, node) {
    const ago = (/** @type {number} */ atMs) =>
      `${seconds(Math.max(0, model.nowMs - atMs))} ago, ${clockTime(atMs)}`
    const by = model.shards.get(node.by)
    /** @type {[string, globalThis.Node | string][]} */
    const known = [
      [
        'Scraped by',
        by
          ? html('span', { class: 'shard' }, html('i', { class: `swatch ${shardClass(node.by)}` }), by)
          : 'nobody',
      ],
      ['Last scraped', node.atMs < 0 ? 'never' : ago(node.atMs)],
      ['The kubelet took', node.atMs < 0 ? '–' : `${node.tookMs} ms`],
    ]
    if (!node.failure) return known
    const { atMs, by: failer, reason } = node.failure
    return [
      ...known,
      ['Last tried', `${ago(atMs)}, by ${failer}`],
      ['Why not', html('span', { class: 'why' }, reason)],
    ]
  }
  return {
    /** @param {Model} model @param {Node | undefined} node undefined: none is chosen */
    draw(model, node) {
      panel.hidden = !node
      if (!node) return
      byId('node-name').textContent = node.name
      const verdict = verdictOf(model, node)
      // Said again only when it changes: it is read aloud.
      if (verdict !== said) byId('node-verdict').textContent = verdict
      said = verdict
      byId('node-facts').replaceChildren(
        ...facts(model, node).map(([name, value]) =>
          html('div', {}, html('dt', {}, String(name)), html('dd', {}, value ?? '')),
        ),
      )
    },
    focus: () => byId('node-name').focus(),
  }
}

/** @param {Model} model @param {Node} node */
function verdictOf(model, node) {
  const by = model.shards.get(node.by)
  if (node.failure) return `Not scraped since: ${node.failure.reason.split(':')[0]?.replaceAll('_', ' ')}`
  switch (stateOf(ageOf(model, node), model.about)) {
    case 'young':
    case 'due':
      return `Scraped in time by ${by}`
    case 'missed':
      return `A scrape is overdue${because(model, node)}`
    case 'late':
      return `Late: nobody has scraped it for more than two intervals${because(model, node)}`
    case 'stale':
      return `Too old: its last sample is not served any more${because(model, node)}`
    case 'never':
      return 'No shard has scraped it yet'
  }
}

/** @param {Model} model @param {Node} node */
function because(model, node) {
  const why = whyNot(model, node)
  return why === undefined ? '' : `: ${why}`
}

/** @param {number} timeMs */
function clockTime(timeMs) {
  return new Date(timeMs).toTimeString().slice(0, 8)
}

/** @import { Model, Node } from './model.js' */
import { byId, fillTable, html, shardClass, stateClass } from './dom.js'
import { ageOf, describeState, stateOf, states, whyNot } from './model.js'
import { number, percent, seconds, shortener } from './text.js'

/** @param {Model} model */
export function drawTiles({ about, ring }) {
  const { nodes, late, failing, podsServed, podsRunning, greatestAgeMs } = ring
  const fresh = nodes - late
  const state = stateOf(greatestAgeMs, about)
  /** @type {[string, string, string, string][]} */
  const tiles = [
    ['Nodes in time', number(fresh), `of ${number(nodes)}, within two intervals`, late > 0 ? 'bad' : 'good'],
    [
      'Nodes failing',
      number(failing),
      failing === 0 ? 'the last scrape of each was good' : 'see the reasons below',
      failing > 0 ? 'bad' : 'good',
    ],
    [
      'Longest unscraped',
      seconds(greatestAgeMs),
      `scraped every ${Number((about.intervalMs / 1000).toFixed(1))} s`,
      state === 'young' || state === 'due' ? 'good' : 'bad',
    ],
    [
      'Running pods served',
      podsRunning === 0 ? '–' : percent(podsServed / podsRunning),
      `${number(podsServed)} of ${number(podsRunning)}`,
      podsServed < podsRunning ? 'bad' : 'good',
    ],
  ]
  byId('tiles').replaceChildren(
    ...tiles.map(([name, value, note, kind]) =>
      html(
        'div',
        { class: `panel tile ${kind}` },
        html('dt', {}, name),
        html('dd', { class: 'value' }, value),
        html('dd', { class: 'faint' }, note),
      ),
    ),
  )
}

/** @param {Model} model */
export function drawShards({ ring, shards }) {
  const rows = ring.shards.map(({ slot, nodes, late, failing, quietMs, silent }) => [
    html(
      'span',
      { class: 'shard' },
      html('i', { class: `swatch ${shardClass(slot)}` }),
      shards.get(slot) ?? '',
    ),
    number(nodes),
    flagged(late),
    flagged(failing),
    html('span', silent ? { class: 'bad' } : {}, `${seconds(quietMs)} ago${silent ? ', silent' : ''}`),
  ])
  fillTable(byId('shards'), rows)
}

/** @param {number} count */
function flagged(count) {
  return html('span', count > 0 ? { class: 'bad' } : { class: 'faint' }, number(count))
}

/** @param {Model} model @param {(node: Node) => void} onChoose */
export function drawWorst(model, onChoose) {
  const { ring, nodes, shards } = model
  const short = shortener([...shards.values()])
  const focused = document.activeElement?.getAttribute('data-node')
  const rows = ring.worst.flatMap((slot) => {
    const node = nodes.get(slot)
    if (!node) return []
    const state = stateOf(ageOf(model, node), model.about)
    const button = html('button', { type: 'button', class: 'link', 'data-node': node.name }, node.name)
    button.addEventListener('click', () => onChoose(node))
    const age = html(
      'span',
      { class: 'age' },
      html('i', { class: `dot ${stateClass(state)}` }),
      seconds(ageOf(model, node)),
    )
    const why = whyNot(model, node)
    const reason = html('span', { class: why ? 'why' : 'faint' }, why ?? '–')
    const by = html('span', { class: 'age' }, short(shards.get(node.by) ?? '–'))
    return [[button, age, by, reason]]
  })
  fillTable(byId('worst'), rows)
  // The table is made anew: who was on a node stays there.
  if (focused)
    /** @type {HTMLElement | null} */ (
      document.querySelector(`#worst [data-node="${CSS.escape(focused)}"]`)
    )?.focus()
}

/** @param {Model} model */
export function drawLegend({ about }) {
  const items = states.map((state) =>
    html('li', {}, html('i', { class: `dot ${stateClass(state)}` }), describeState(state, about)),
  )
  byId('legend').replaceChildren(...items)
}

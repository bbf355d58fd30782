/** @import { Model, Node, State } from './model.js' */
import { byId, shardClass, showTip, stateClass, svg } from './dom.js'
import { shape } from './libraries.js'
import { ageOf, stateOf, states } from './model.js'
import { number, plural, seconds, shortener } from './text.js'

/** Radii, in units of the picture. */
const radius = {
  shardInner: 196,
  shardOuter: 212,
  ticksInner: 152,
  ticksWorse: 142,
  ticksOuter: 188,
  label: 224,
  labelHigh: 236,
}
const gap = 0.02
const mostLabels = 16

/** @typedef {{ slot: number, nodes: Node[] }} Arc `slot` -1: nodes that nobody has scraped yet. */
/** @typedef {{ arc: Arc, startAngle: number, endAngle: number }} Placed */

/** Draws the ring. @param {(node: Node) => void} onChoose */
export function createRing(onChoose) {
  const picture = byId('ring')
  /** @type {{ model: Model, placed: Placed[] } | undefined} */
  let drawn

  picture.addEventListener('pointermove', (event) => {
    const node = nodeAt(event)
    showTip(event, node && drawn && tipOf(drawn.model, node))
    picture.classList.toggle('pointing', node !== undefined)
  })
  picture.addEventListener('pointerleave', () => showTip(undefined))
  picture.addEventListener('click', (event) => {
    const node = nodeAt(event)
    if (node) onChoose(node)
  })

  /** @param {MouseEvent} event */
  function nodeAt({ clientX, clientY }) {
    const matrix = picture instanceof SVGSVGElement ? picture.getScreenCTM() : null
    if (!matrix || !drawn) return undefined
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(matrix.inverse())
    const distance = Math.hypot(x, y)
    if (distance < radius.ticksWorse || distance > radius.shardOuter) return undefined
    const angle = (Math.atan2(x, -y) + 2 * Math.PI) % (2 * Math.PI)
    const placed = drawn.placed.find(({ startAngle, endAngle }) => startAngle <= angle && angle < endAngle)
    if (!placed) return undefined
    const { startAngle, endAngle, arc } = placed
    return arc.nodes[Math.floor(((angle - startAngle) / (endAngle - startAngle)) * arc.nodes.length)]
  }

  return {
    /** @param {Model} model @param {Node | undefined} chosen */
    draw(model, chosen) {
      const placed = place(arcsOf(model))
      drawn = { model, placed }
      picture.setAttribute('aria-label', summary(model))
      picture.replaceChildren(
        ...placed.map((each) => drawArc(model, each)),
        ...drawTicks(model, placed),
        ...drawLabels(model, placed),
        ...drawCentre(model),
        ...drawChosen(placed, chosen),
      )
    },
  }
}

/** @param {Model} model @returns {Arc[]} in order of the shards' names */
function arcsOf({ sorted, shards }) {
  const arcs = new Map([...shards.keys(), -1].map((slot) => [slot, /** @type {Arc} */ ({ slot, nodes: [] })]))
  for (const node of sorted) arcs.get(node.by)?.nodes.push(node)
  const nameOf = (/** @type {Arc} */ { slot }) => shards.get(slot) ?? '\uffff'
  return [...arcs.values()]
    .filter(({ nodes }) => nodes.length > 0)
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}

/** @param {Arc[]} arcs @returns {Placed[]} */
function place(arcs) {
  const pie = shape
    .pie()
    .sort(null)
    .padAngle(arcs.length > 1 ? gap : 0)
  return pie(arcs.map(({ nodes }) => nodes.length)).flatMap(({ startAngle, endAngle, padAngle, index }) => {
    const arc = arcs[index]
    return arc ? [{ arc, startAngle: startAngle + padAngle / 2, endAngle: endAngle - padAngle / 2 }] : []
  })
}

/** @param {Model} model @param {Placed} placed */
function drawArc(model, { arc, startAngle, endAngle }) {
  const path = shape.arc().cornerRadius(3)({
    innerRadius: radius.shardInner,
    outerRadius: radius.shardOuter,
    startAngle,
    endAngle,
  })
  const isSilent = model.ring.shards.some(({ slot, silent }) => slot === arc.slot && silent)
  return svg('path', {
    class: `arc ${shardClass(arc.slot)}${isSilent ? ' silent' : ''}`,
    d: path ?? '',
    'data-shard': model.shards.get(arc.slot) ?? '',
  })
}

/** One path for each state, the worst on top. @param {Model} model @param {Placed[]} placed */
function drawTicks(model, placed) {
  const lines = new Map(states.map((state) => [state, '']))
  for (const { arc, startAngle, endAngle } of placed) {
    arc.nodes.forEach((node, i) => {
      const state = stateOf(ageOf(model, node), model.about)
      const angle = startAngle + ((i + 0.5) / arc.nodes.length) * (endAngle - startAngle)
      lines.set(state, lines.get(state) + tick(angle, isFine(state) ? radius.ticksInner : radius.ticksWorse))
    })
  }
  const room = (2 * Math.PI * radius.ticksInner) / Math.max(1, model.sorted.length)
  return states.map((state) =>
    svg('path', {
      class: `tick ${stateClass(state)}`,
      d: lines.get(state) ?? '',
      // What is wrong is seen also where there are more nodes than pixels.
      'stroke-width': Math.max(isFine(state) ? 0.3 : 1.6, Math.min(14, 0.66 * room)).toFixed(2),
    }),
  )
}

/** @param {State} state */
function isFine(state) {
  return state === 'young' || state === 'due'
}

/** @param {number} angle clockwise from the top @param {number} inner */
function tick(angle, inner) {
  const [x, y] = [Math.sin(angle), -Math.cos(angle)]
  const at = (/** @type {number} */ r) => `${(r * x).toFixed(1)} ${(r * y).toFixed(1)}`
  return `M${at(inner)}L${at(radius.ticksOuter)}`
}

/** @param {Model} model @param {Placed[]} placed */
function drawLabels(model, placed) {
  if (placed.length > mostLabels) return []
  const short = shortener([...model.shards.values()])
  return placed.map(({ arc, startAngle, endAngle }) => {
    const middle = (startAngle + endAngle) / 2
    const [x, y] = [radius.label * Math.sin(middle), -radius.labelHigh * Math.cos(middle)]
    const anchor = Math.abs(x) < 40 ? 'middle' : x < 0 ? 'end' : 'start'
    const shard = model.ring.shards.find(({ slot }) => slot === arc.slot)
    const name = arc.slot < 0 ? 'not scraped yet' : short(model.shards.get(arc.slot) ?? '')
    const note = shard?.silent ? `silent for ${seconds(shard.quietMs)}` : plural(arc.nodes.length, 'node')
    return svg(
      'g',
      { class: 'label', 'text-anchor': anchor, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` },
      svg('text', { y: -3 }, name),
      svg('text', { y: 13, class: 'faint' }, note),
    )
  })
}

/** @param {Model} model */
function drawCentre({ ring, sorted }) {
  const alive = ring.shards.filter(({ silent, nodes }) => !silent && nodes > 0).length
  return [
    svg('text', { class: 'count', y: -2 }, number(sorted.length)),
    svg('text', { class: 'unit', y: 26 }, sorted.length === 1 ? 'node' : 'nodes'),
    svg('text', { class: 'unit', y: 50 }, `on ${plural(alive, 'shard')}`),
  ]
}

/** A pointer from within. @param {Placed[]} placed @param {Node | undefined} chosen */
function drawChosen(placed, chosen) {
  for (const { arc, startAngle, endAngle } of placed) {
    const at = chosen ? arc.nodes.indexOf(chosen) : -1
    if (at < 0) continue
    const angle = startAngle + ((at + 0.5) / arc.nodes.length) * (endAngle - startAngle)
    const degrees = (angle * 180) / Math.PI
    return [
      svg('path', { class: 'chosen', d: 'M0 -138l-7 15h14z', transform: `rotate(${degrees.toFixed(2)})` }),
    ]
  }
  return []
}

/** @param {Model} model @param {Node} node */
export function tipOf(model, node) {
  const by = model.shards.get(node.by)
  const why = node.failure ? `\n${node.failure.reason}` : ''
  return `${node.name}\n${seconds(ageOf(model, node))}${by ? ` · ${by}` : ''}${why}`
}

/** @param {Model} model */
function summary({ ring, shards, sorted }) {
  const parts = ring.shards.map(({ slot, nodes, silent }) => {
    const state = silent ? ', silent' : ''
    return `${shards.get(slot) ?? ''} ${plural(nodes, 'node')}${state}`
  })
  return `Ring of ${plural(sorted.length, 'node')}: ${parts.join('; ')}. The table of shards says the same.`
}

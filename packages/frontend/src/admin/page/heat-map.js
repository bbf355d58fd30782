/** @import { Model, Node } from './model.js' */
import { byId, fillTable, showTip, stateClass, svg } from './dom.js'
import { ageOf, describeState, stateOf, states } from './model.js'
import { tipOf } from './ring.js'
import { number, percent } from './text.js'

const cell = { least: 4, most: 34 }
/** Of the picture, where there are many nodes, pixels. */
const height = 260

/** A cell for every node, coloured by sample age. @param {(node: Node) => void} onChoose */
export function createHeatMap(onChoose) {
  const box = byId('heat')
  const picture = /** @type {SVGSVGElement} */ (box.firstElementChild)
  const spoken = byId('heat-cell')
  const ages = /** @type {HTMLDetailsElement} */ (byId('ages'))
  let columns = 1
  let size = cell.most
  let cursor = 0
  /** @type {Model | undefined} */
  let known
  /** @type {Node | undefined} */
  let known_chosen

  box.addEventListener('pointermove', (event) => {
    const node = nodeAt(event)
    showTip(event, node && known && tipOf(known, node))
  })
  box.addEventListener('pointerleave', () => showTip(undefined))
  box.addEventListener('click', (event) => {
    const node = nodeAt(event)
    if (node) onChoose(node)
  })
  box.addEventListener('keydown', (event) => {
    const node = known?.sorted[cursor]
    if (event.key === 'Enter' && node) return onChoose(node)
    const step = stepOf(event.key)
    if (step === undefined || !known) return
    event.preventDefault()
    move(Math.max(0, Math.min(known.sorted.length - 1, cursor + step)))
  })
  box.addEventListener('focus', () => move(Math.min(cursor, (known?.sorted.length ?? 1) - 1)))
  box.addEventListener('blur', () => draw(known, known_chosen))
  ages.addEventListener('toggle', () => draw(known, known_chosen))
  new ResizeObserver(() => draw(known, known_chosen)).observe(box)

  /** @param {string} key @returns {number | undefined} */
  function stepOf(key) {
    const all = known?.sorted.length ?? 0
    /** @type {Record<string, number>} */
    const steps = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -columns,
      ArrowDown: columns,
      Home: -all,
      End: all,
    }
    return steps[key]
  }
  /** @param {number} to */
  function move(to) {
    cursor = to
    const node = known?.sorted[cursor]
    if (known && node) spoken.textContent = tipOf(known, node).replaceAll('\n', ', ')
    draw(known, known_chosen)
  }
  /** @param {MouseEvent} event */
  function nodeAt({ clientX, clientY }) {
    const { left, top } = picture.getBoundingClientRect()
    const [column, row] = [Math.floor((clientX - left) / size), Math.floor((clientY - top) / size)]
    return column < 0 || column >= columns || row < 0 ? undefined : known?.sorted[row * columns + column]
  }
  /** @param {Model | undefined} model @param {Node | undefined} chosen */
  function draw(model, chosen) {
    known = model
    known_chosen = chosen
    if (!model) return
    const { sorted } = model
    const width = box.clientWidth
    const fitting = Math.floor(Math.sqrt((width * height) / Math.max(1, sorted.length)))
    size = Math.max(cell.least, Math.min(cell.most, fitting))
    columns = Math.max(1, Math.floor(width / size))
    const rows = Math.ceil(sorted.length / columns)
    picture.setAttribute('width', String(columns * size))
    picture.setAttribute('height', String(rows * size))
    picture.replaceChildren(...drawCells(model), ...drawMarks(model, chosen))
    if (ages.open) fillAges(model)
  }
  /** One path for each state. @param {Model} model */
  function drawCells(model) {
    const paths = new Map(states.map((state) => [state, '']))
    const side = size - (size > 8 ? 2 : 1)
    model.sorted.forEach((node, i) => {
      const state = stateOf(ageOf(model, node), model.about)
      const [x, y] = [(i % columns) * size, Math.floor(i / columns) * size]
      paths.set(state, `${paths.get(state)}M${x} ${y}h${side}v${side}h-${side}z`)
    })
    return states.map((state) =>
      svg('path', { class: `cell ${stateClass(state)}`, d: paths.get(state) ?? '' }),
    )
  }
  /** @param {Model} model @param {Node | undefined} chosen */
  function drawMarks({ sorted }, chosen) {
    const marks = [{ at: chosen ? sorted.indexOf(chosen) : -1, kind: 'mark chosen' }]
    if (document.activeElement === box) marks.push({ at: cursor, kind: 'mark cursor' })
    return marks
      .filter(({ at }) => at >= 0 && at < sorted.length)
      .map(({ at, kind }) => {
        const [x, y] = [(at % columns) * size, Math.floor(at / columns) * size]
        return svg('rect', { class: kind, x: x - 1.5, y: y - 1.5, width: size + 1, height: size + 1, rx: 2 })
      })
  }
  /** @param {Model} model */
  function fillAges(model) {
    const counts = new Map(states.map((state) => [state, 0]))
    for (const node of model.sorted) {
      const state = stateOf(ageOf(model, node), model.about)
      counts.set(state, (counts.get(state) ?? 0) + 1)
    }
    const all = Math.max(1, model.sorted.length)
    const rows = states.map((state) => {
      const count = counts.get(state) ?? 0
      return [describeState(state, model.about), number(count), percent(count / all)]
    })
    fillTable(/** @type {Element} */ (ages.querySelector('tbody')), rows)
  }
  return { draw }
}

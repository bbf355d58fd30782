/** @import { Model, Node } from './model.js' */
import { byId, showTip } from './dom.js'
import { drawCells, drawMark, gridOf } from './heat-grid.js'
import { tipOf } from './ring.js'

/** A cell for every node, coloured by sample age; arrow keys move over them. @param {(node: Node) => void} onChoose */
export function createHeatMap(onChoose) {
  const box = byId('heat')
  const picture = /** @type {SVGSVGElement} */ (box.firstElementChild)
  const spoken = byId('heat-cell')
  let grid = gridOf(0, 0)
  let cursor = 0
  /** @type {{ model: Model, chosen: Node | undefined } | undefined} */
  let drawn

  box.addEventListener('pointermove', (event) => {
    const node = nodeAt(event)
    showTip(event, node && drawn && tipOf(drawn.model, node))
  })
  box.addEventListener('pointerleave', () => showTip(undefined))
  box.addEventListener('click', (event) => {
    const node = nodeAt(event)
    if (node) onChoose(node)
  })
  box.addEventListener('keydown', (event) => {
    const node = nodes()[cursor]
    if (event.key === 'Enter' && node) return onChoose(node)
    const step = stepOf(event.key)
    if (step === undefined) return
    event.preventDefault()
    move(cursor + step)
  })
  box.addEventListener('focus', () => move(cursor))
  box.addEventListener('blur', redraw)
  new ResizeObserver(redraw).observe(box)

  function nodes() {
    return drawn?.model.sorted ?? []
  }
  /** @param {string} key @returns {number | undefined} */
  function stepOf(key) {
    const { columns } = grid
    const all = nodes().length
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
    cursor = Math.max(0, Math.min(nodes().length - 1, to))
    const node = nodes()[cursor]
    if (drawn && node) spoken.textContent = tipOf(drawn.model, node).replaceAll('\n', ', ')
    redraw()
  }
  /** @param {MouseEvent} event */
  function nodeAt({ clientX, clientY }) {
    const { left, top } = picture.getBoundingClientRect()
    const column = Math.floor((clientX - left) / grid.size)
    const row = Math.floor((clientY - top) / grid.size)
    const isInside = column >= 0 && column < grid.columns && row >= 0
    return isInside ? nodes()[row * grid.columns + column] : undefined
  }
  function redraw() {
    if (drawn) draw(drawn.model, drawn.chosen)
  }
  /** @param {Model} model @param {Node | undefined} chosen */
  function draw(model, chosen) {
    drawn = { model, chosen }
    grid = gridOf(model.sorted.length, box.clientWidth)
    picture.setAttribute('width', String(grid.columns * grid.size))
    picture.setAttribute('height', String(grid.rows * grid.size))
    const marked = chosen ? model.sorted.indexOf(chosen) : -1
    picture.replaceChildren(
      ...drawCells(model, grid),
      ...(marked < 0 ? [] : [drawMark(marked, 'chosen', grid)]),
      ...(document.activeElement === box ? [drawMark(cursor, 'cursor', grid)] : []),
    )
  }
  return { draw }
}

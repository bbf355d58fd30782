/** @import { Model } from './model.js' */
import { stateClass, svg } from './dom.js'
import { ageOf, stateOf, states } from './model.js'

/** How cells are laid out: `size` of one with its gap, pixels. @typedef {{ columns: number, rows: number, size: number }} Grid */

const cell = { least: 4, most: 34 }
/** Of the picture, where there are many nodes, pixels. */
const height = 260

/** @param {number} count of cells @param {number} width pixels @returns {Grid} */
export function gridOf(count, width) {
  const fitting = Math.floor(Math.sqrt((width * height) / Math.max(1, count)))
  const size = Math.max(cell.least, Math.min(cell.most, fitting))
  const columns = Math.max(1, Math.floor(width / size))
  return { columns, rows: Math.ceil(count / columns), size }
}

/** @param {number} index @param {Grid} grid */
function cornerOf(index, { columns, size }) {
  return { x: (index % columns) * size, y: Math.floor(index / columns) * size }
}

/** One path for each state. @param {Model} model @param {Grid} grid */
export function drawCells(model, grid) {
  const paths = new Map(states.map((state) => [state, '']))
  const side = grid.size - (grid.size > 8 ? 2 : 1)
  model.sorted.forEach((node, i) => {
    const state = stateOf(ageOf(model, node), model.about)
    const { x, y } = cornerOf(i, grid)
    paths.set(state, `${paths.get(state)}M${x} ${y}h${side}v${side}h-${side}z`)
  })
  return states.map((state) => svg('path', { class: `cell ${stateClass(state)}`, d: paths.get(state) ?? '' }))
}

/** A frame around a cell. @param {number} index @param {string} kind @param {Grid} grid */
export function drawMark(index, kind, grid) {
  const { x, y } = cornerOf(index, grid)
  const side = grid.size + 1
  return svg('rect', { class: `mark ${kind}`, x: x - 1.5, y: y - 1.5, width: side, height: side, rx: 2 })
}

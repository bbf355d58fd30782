/** @import { Message } from '../message.ts' */
/** @import { Model, Node } from './model.js' */
import { createAges } from './ages.js'
import { createCharts } from './charts.js'
import { byId } from './dom.js'
import { createHeatMap } from './heat-map.js'
import { learn } from './model.js'
import { createNodePanel } from './node-panel.js'
import { createRing } from './ring.js'
import { createSearch } from './search.js'
import { drawLegend, drawShards, drawTiles, drawWorst } from './tables.js'
import { createTheme } from './theme.js'

/** @type {Model | undefined} */
let model
/** By name: its number may become another node's. @type {string | undefined} */
let chosen

const ring = createRing(choose)
const heatMap = createHeatMap(choose)
const ages = createAges()
const charts = createCharts()
const panel = createNodePanel()
createSearch(() => model, choose)
createTheme(() => charts.repaint())
byId('node-close').addEventListener('click', closeNode)
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && event.target !== byId('find')) closeNode()
})

/** @param {Node} node */
function choose(node) {
  chosen = node.name
  draw()
  panel.focus()
}

function closeNode() {
  if (chosen === undefined) return
  chosen = undefined
  draw()
  byId('find').focus()
}

function draw() {
  if (!model) return
  const node = model.sorted.find(({ name }) => name === chosen)
  ring.draw(model, node)
  heatMap.draw(model, node)
  ages.draw(model)
  panel.draw(model, node)
  drawTiles(model)
  drawShards(model)
  drawWorst(model, choose)
  charts.draw(model)
}

/** @param {string} text @param {'on' | 'off'} state */
function tellLive(text, state) {
  const live = byId('live')
  if (live.textContent !== text) live.textContent = text
  live.className = `live ${state}`
}

/** @param {string | undefined} trouble */
function tellTrouble(trouble) {
  const box = byId('trouble')
  box.hidden = trouble === undefined
  const text = trouble === undefined ? '' : `The store cannot be read (${trouble}). Ages grow until it can.`
  if (box.textContent !== text) box.textContent = text
}

const events = new EventSource('/ring/events')
events.addEventListener('message', ({ data }) => {
  const message = /** @type {Message} */ (JSON.parse(data))
  model = learn(model, message)
  if (!model) return
  const { about } = message
  if (about) {
    byId('about').textContent = `${about.replica} · ${about.version}`
    drawLegend(model)
  }
  tellLive('live', 'on')
  tellTrouble(model.ring.trouble)
  draw()
})
// The browser connects again by itself, and is told everything anew.
events.addEventListener('error', () => tellLive('not connected: what is shown is old', 'off'))

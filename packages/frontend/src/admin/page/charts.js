/** @import { HistoryRow } from '../message.ts' */
/** @import { Model } from './model.js' */
import { byId, fillTable, html } from './dom.js'
import { Chart } from './libraries.js'

/** @typedef {{ label: string, column: number, colour: string, factor?: number, digits: number }} Line */
/** @typedef {{ title: string, unit: string, lines: Line[], most?: number }} Plot `most`: the scale ends there. */

/** Columns are those of a HistoryRow. @type {Plot[]} */
const plots = [
  {
    title: 'Scrapes',
    unit: '/s',
    lines: [
      { label: 'good', column: 1, colour: '--line-good', digits: 1 },
      { label: 'failed', column: 2, colour: '--line-bad', digits: 1 },
    ],
  },
  {
    title: 'Requests answered in',
    unit: 'ms',
    lines: [
      { label: 'p50', column: 3, colour: '--line-good', digits: 1 },
      { label: 'p99', column: 4, colour: '--line-other', digits: 1 },
    ],
  },
  {
    title: 'Longest unscraped node',
    unit: 's',
    lines: [{ label: '', column: 6, colour: '--line-other', factor: 0.001, digits: 1 }],
  },
  {
    title: 'Running pods served',
    unit: '%',
    most: 100,
    lines: [{ label: '', column: 7, colour: '--line-good', factor: 100, digits: 2 }],
  },
]
/** The latest bucket is still filling, and the scrapes of one are told with the next reading. */
const unripe = 1
const height = 130

/** Time series of the last minutes; the chart library does all the drawing. */
export function createCharts() {
  const details = /** @type {HTMLDetailsElement} */ (byId('history'))
  const box = byId('charts')
  const figures = plots.map(createFigure)
  box.append(...figures.map(({ element }) => element))
  /** @type {HistoryRow[]} */
  let rows = []

  const redraw = () => {
    for (const figure of figures) figure.draw(rows)
    if (details.open) fill(details, rows)
  }
  new ResizeObserver(redraw).observe(box)
  details.addEventListener('toggle', redraw)
  return {
    /** @param {Model} model */
    draw(model) {
      rows = [...model.history.values()].sort((a, b) => a[0] - b[0]).slice(0, -unripe)
      redraw()
    },
    /** The colours have changed. */
    repaint() {
      for (const figure of figures) figure.forget()
      redraw()
    },
  }
}

/** @param {Plot} plot */
function createFigure(plot) {
  const values = html('span', { class: 'values' })
  const canvas = html('div', { class: 'plot', role: 'img' })
  const element = html('figure', {}, html('figcaption', {}, html('span', {}, plot.title), values), canvas)
  /** @type {import('uplot') | undefined} */
  let chart
  /** @type {HistoryRow[]} */
  let drawn = []

  /** @param {number | null | undefined} at of the row whose values are shown; the last by default */
  function show(at) {
    const row = drawn[at ?? drawn.length - 1]
    const texts = plot.lines.map((line) => `${line.label} ${textOf(row, line)}`.trim())
    values.replaceChildren(
      ...plot.lines.map((line, i) =>
        html('span', { class: `value ${line.colour.slice(2)}` }, texts[i] ?? ''),
      ),
      ` ${plot.unit}`,
    )
    if (at == null) canvas.setAttribute('aria-label', `${plot.title}: ${texts.join(', ')} ${plot.unit}`)
  }
  return {
    element,
    /** @param {HistoryRow[]} rows */
    draw(rows) {
      drawn = rows
      const width = canvas.clientWidth
      if (width === 0) return
      chart ??= createChart(plot, canvas, width, show)
      if (chart.width !== width) chart.setSize({ width, height })
      chart.setData(dataOf(rows, plot))
      show(chart.cursor.idx)
    },
    forget() {
      chart?.destroy()
      chart = undefined
    },
  }
}

/** @param {HistoryRow[]} rows @param {Plot} plot @returns {import('uplot').AlignedData} */
function dataOf(rows, { lines }) {
  const column = (/** @type {Line} */ { column, factor = 1 }) =>
    rows.map((row) => {
      const value = row[column]
      return typeof value === 'number' ? value * factor : null
    })
  return [rows.map(([timeS]) => timeS), ...lines.map(column)]
}

/** @param {HistoryRow | undefined} row @param {Line} line */
function textOf(row, { column, factor = 1, digits }) {
  const value = row?.[column]
  return typeof value === 'number' ? Number((value * factor).toFixed(digits)).toLocaleString('en-US') : '–'
}

/** @param {Plot} plot @param {HTMLElement} target @param {number} width @param {(at: number | null | undefined) => void} show */
function createChart({ lines, most }, target, width, show) {
  const colour = (/** @type {string} */ name) => resolveColour(target, name)
  const font = '11px system-ui, "Liberation Sans", sans-serif'
  const axis = {
    stroke: colour('--faint'),
    font,
    ticks: { show: false },
    grid: { stroke: colour('--grid'), width: 1 },
  }
  return new Chart(
    {
      width,
      height,
      legend: { show: false },
      padding: [8, 18, 0, 0],
      cursor: { sync: { key: 'ring' }, y: false, points: { size: 6 } },
      scales: { y: { range: (_, least, greatest) => rangeOf(least, greatest, most) } },
      axes: [
        { ...axis, size: 24, space: 70, grid: { show: false }, values: (_, times) => clockTimes(times) },
        { ...axis, size: 44, space: 32 },
      ],
      series: [
        {},
        ...lines.map((line) => ({
          stroke: colour(line.colour),
          width: 1.5,
          points: { show: false },
          spanGaps: false,
          ...(lines.length === 1 ? { fill: fade(colour(line.colour)) } : {}),
        })),
      ],
      hooks: { setCursor: [(chart) => show(chart.cursor.idx)] },
    },
    [[], ...lines.map(() => [])],
    target,
  )
}

/** @param {string} colour as the browser computes it: `rgb(r, g, b)` */
function fade(colour) {
  return colour.replace('rgb(', 'rgba(').replace(')', ', 0.12)')
}

/** What a custom property stands for in the current theme. @param {HTMLElement} within @param {string} name */
function resolveColour(within, name) {
  const probe = html('i')
  probe.style.color = `var(${name})`
  within.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

/** From zero; a scale that ends somewhere shows what is missing there. @returns {[number, number]} */
function rangeOf(
  /** @type {number} */ least,
  /** @type {number} */ greatest,
  /** @type {number | undefined} */ most,
) {
  if (most === undefined) return [0, Math.max(1, (greatest ?? 0) * 1.1)]
  return [Math.floor(Math.min(least ?? most, most - 1)), most]
}

/** Seconds only where minutes would not tell them apart. @param {number[]} times seconds since the epoch */
function clockTimes(times) {
  const isClose = times.length > 1 && (times[1] ?? 0) - (times[0] ?? 0) < 60
  return times.map((timeS) => new Date(timeS * 1000).toTimeString().slice(0, isClose ? 8 : 5))
}

/** @param {HTMLDetailsElement} details @param {HistoryRow[]} rows the latest first */
function fill(details, rows) {
  const lines = plots.flatMap(({ title, unit, lines }) =>
    lines.map((line) => ({ line, head: `${title}${line.label ? ` ${line.label}` : ''}, ${unit}` })),
  )
  const head = html(
    'tr',
    {},
    ...['Time', ...lines.map(({ head }) => head)].map((text) => html('th', { scope: 'col' }, text)),
  )
  details.querySelector('thead')?.replaceChildren(head)
  const body = details.querySelector('tbody')
  if (!body) return
  const time = (/** @type {HistoryRow} */ [timeS]) => new Date(timeS * 1000).toTimeString().slice(0, 8)
  fillTable(
    body,
    rows.toReversed().map((row) => [time(row), ...lines.map(({ line }) => textOf(row, line))]),
  )
}

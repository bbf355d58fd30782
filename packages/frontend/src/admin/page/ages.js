/** @import { Model } from './model.js' */
import { byId, fillTable } from './dom.js'
import { ageOf, describeState, stateOf, states } from './model.js'
import { number, percent } from './text.js'

/** How many nodes are how old: the heat map as a table, while it is open. */
export function createAges() {
  const details = /** @type {HTMLDetailsElement} */ (byId('ages'))
  /** @type {Model | undefined} */
  let known

  function fill() {
    if (!known || !details.open) return
    const { about, sorted } = known
    const counts = new Map(states.map((state) => [state, 0]))
    for (const node of sorted) {
      const state = stateOf(ageOf(known, node), about)
      counts.set(state, (counts.get(state) ?? 0) + 1)
    }
    const rows = states.map((state) => {
      const count = counts.get(state) ?? 0
      return [describeState(state, about), number(count), percent(count / Math.max(1, sorted.length))]
    })
    fillTable(/** @type {Element} */ (details.querySelector('tbody')), rows)
  }
  details.addEventListener('toggle', fill)
  return {
    /** @param {Model} model */
    draw(model) {
      known = model
      fill()
    },
  }
}

/** @import { Model, Node } from './model.js' */
import { byId, html, stateClass } from './dom.js'
import { ageOf, findNodes, stateOf } from './model.js'

const mostFound = 8

/**
 * The search for a node: a combobox with a list of what fits. `/` leads to it from anywhere.
 * @param {() => Model | undefined} model @param {(node: Node) => void} onChoose
 */
export function createSearch(model, onChoose) {
  const input = /** @type {HTMLInputElement} */ (byId('find'))
  const list = byId('found')
  /** @type {Node[]} */
  let found = []
  let active = -1

  function show() {
    const known = model()
    list.hidden = !known || found.length === 0
    input.setAttribute('aria-expanded', String(!list.hidden))
    if (!known) return
    list.replaceChildren(...found.map((node, i) => option(known, node, i)))
    if (active < 0) input.removeAttribute('aria-activedescendant')
    else input.setAttribute('aria-activedescendant', `found-${active}`)
  }
  /** @param {Model} known @param {Node} node @param {number} i */
  function option(known, node, i) {
    const state = stateOf(ageOf(known, node), known.about)
    const dot = html('i', { class: `dot ${stateClass(state)}` })
    const item = html(
      'div',
      { role: 'option', id: `found-${i}`, 'aria-selected': String(i === active) },
      dot,
      node.name,
    )
    item.addEventListener('pointerdown', (event) => {
      event.preventDefault()
      choose(node)
    })
    return item
  }
  function close() {
    found = []
    active = -1
    show()
  }
  /** @param {Node | undefined} node */
  function choose(node) {
    if (!node) return
    input.value = node.name
    close()
    onChoose(node)
  }
  input.addEventListener('input', () => {
    const known = model()
    found = known ? findNodes(known, input.value, mostFound) : []
    active = -1
    show()
  })
  input.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined && found.length > 0) {
      event.preventDefault()
      active = (active + step + found.length) % found.length
      show()
    }
    if (event.key === 'Escape') close()
  })
  input.addEventListener('blur', close)
  byId('search').addEventListener('submit', (event) => {
    event.preventDefault()
    choose(found[Math.max(0, active)])
  })
  document.addEventListener('keydown', (event) => {
    // No name has one: in the field itself it begins anew.
    const isTyping = event.target instanceof HTMLInputElement && event.target !== input
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    input.focus()
    input.select()
  })
}

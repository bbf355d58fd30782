/** @import { State } from './model.js' */

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id)
  if (!element) throw new Error(`there is no #${id}`)
  return element
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, string>} [attributes] @param {(Node | string)[]} children
 */
export function html(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/**
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag @param {Record<string, string | number>} [attributes] @param {(Node | string)[]} children
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
  element.append(...children)
  return element
}

/** @param {Element} body @param {(Node | string)[][]} rows the first cell of each is its header */
export function fillTable(body, rows) {
  const cell = (/** @type {Node | string} */ content, /** @type {number} */ at) =>
    at === 0 ? html('th', { scope: 'row' }, content) : html('td', {}, content)
  body.replaceChildren(...rows.map((row) => html('tr', {}, ...row.map(cell))))
}

/** @param {number} slot of a shard @returns {string} a class that colours it */
export function shardClass(slot) {
  return slot < 0 ? 'shard-none' : `shard-${slot % 8}`
}

/** @param {State} state */
export function stateClass(state) {
  return `state-${state}`
}

const tip = byId('tip')

/** @param {PointerEvent | undefined} at @param {string} [text] empty: nothing is shown */
export function showTip(at, text = '') {
  tip.hidden = !at || text === ''
  if (!at || tip.hidden) return
  tip.textContent = text
  const left = Math.min(at.clientX + 14, innerWidth - tip.offsetWidth - 8)
  const isLow = at.clientY + 20 + tip.offsetHeight > innerHeight
  tip.style.left = `${left}px`
  tip.style.top = `${isLow ? at.clientY - tip.offsetHeight - 10 : at.clientY + 16}px`
}

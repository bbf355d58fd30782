/** What the scripts of the libraries, loaded before this one, have made known. */

/** @type {typeof import('d3-shape')} */
export const shape = Reflect.get(globalThis, 'd3')

/** @type {typeof import('uplot')} */
export const Chart = Reflect.get(globalThis, 'uPlot')

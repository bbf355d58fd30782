import { fileURLToPath } from 'node:url'

/** Files of libraries that the browser loads, as their packages bring them; no process of ours runs them. */
export const libraries: Readonly<Record<string, string>> = {
  'uplot.js': beside('uplot', 'uPlot.iife.min.js'),
  'uplot.css': beside('uplot', 'uPlot.min.css'),
  'd3-path.js': beside('d3-path', '../dist/d3-path.min.js'),
  'd3-shape.js': beside('d3-shape', '../dist/d3-shape.min.js'),
}

/** The path is seen from the entry of the package. */
function beside(name: string, path: string): string {
  return fileURLToPath(new URL(path, import.meta.resolve(name)))
}

import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { libraries } from './libraries.ts'

export type Asset = { type: string; body: Buffer }

const page = new URL('./page/', import.meta.url)
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Everything the page consists of, by path. Nothing else is ever read from the disk. Throws if a file is missing. */
export function readAssets(): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>()
  const add = (path: string, file: string | URL) => {
    const type = types[extname(path)] ?? types['.html']
    if (type) assets.set(path, { type, body: readFileSync(file) })
  }
  for (const name of readdirSync(page)) {
    if (types[extname(name)]) add(name === 'index.html' ? '/ring' : `/ring/${name}`, new URL(name, page))
  }
  for (const [name, file] of Object.entries(libraries)) add(`/ring/lib/${name}`, file)
  return assets
}

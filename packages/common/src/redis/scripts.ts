import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A Lua script; Redis knows it by the SHA-1 of its text once it has run there. */
export type Script = { text: string; sha: string }

function load(...names: string[]): Script {
  const texts = names.map((name) => readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8'))
  const text = texts.join('\n')
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

export const scripts = {
  commit: load('prelude', 'write', 'commit'),
  delete: load('prelude', 'write', 'delete'),
  time: load('time'),
  tried: load('prelude', 'tried'),
  failures: load('failures'),
  discard: load('discard'),
  changes: load('prelude', 'changes'),
  hydrate: load('prelude', 'hydrate'),
  freshness: load('prelude', 'freshness'),
  overdue: load('prelude', 'overdue'),
}

/** Of operators: the services do not run it. */
export const costScript = load('cost')

import { registerHooks } from 'node:module'
import { mutations } from './mutations.ts'

/** Preloaded (`--import`): changes one rule in the source text as it is loaded; the files stay as they are. */
const mutation = mutations.find(({ rule }) => rule === process.env.MUTATE_RULE)
if (!mutation) throw new Error(`no such rule: ${process.env.MUTATE_RULE}`)
const { file, find, replace } = mutation

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.endsWith(file)) return loaded
    const text = String(loaded.source)
    if (text.split(find).length !== 2) throw new Error(`${file} does not say once: ${find}`)
    return { ...loaded, source: text.replace(find, replace) }
  },
})

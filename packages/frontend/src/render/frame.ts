import { goJson } from './render-json.ts'
import { toYaml, toYamlEntry } from './render-yaml.ts'

/** How text is laid out. `compact` is JSON on one line, ended; `pretty` is indented JSON, not ended, as Go's. */
export type Style = 'compact' | 'pretty' | 'yaml'

/** A document around its items: head, items parted by the separator, tail. */
export type Frame = {
  head: string
  separator: string
  tail: string
  /** An item in the frame's style, from its compact JSON; absent where that is it already. */
  item?: (json: string) => string
}

/** Any object as text. */
export function documentText(document: unknown, style: Style): string {
  if (style === 'yaml') return toYaml(document)
  return style === 'pretty' ? goJson(document, 2) : `${goJson(document)}\n`
}

/**
 * The frame of `document`, whose last field is to be an array called `hole`, filled item by item. `empty`: there
 * will be no item.
 */
export function frameOf(document: object, hole: string, style: Style, empty: boolean): Frame {
  const text = documentText({ ...document, [hole]: [] }, style)
  if (empty) return { head: text, separator: '', tail: '' }
  if (style === 'yaml') return yamlFrame(text, hole)
  const end = text.lastIndexOf('[]')
  const [head, rest] = [text.slice(0, end + 1), text.slice(end + 1)]
  if (style === 'compact') return { head, separator: ',', tail: rest }
  return {
    head: `${head}\n    `,
    separator: ',\n    ',
    tail: `\n  ${rest}`,
    item: (json) => goJson(JSON.parse(json), 2).replaceAll('\n', '\n    '),
  }
}

function yamlFrame(text: string, hole: string): Frame {
  const mark = `${hole}: []\n`
  const at = text.startsWith(mark) ? 0 : text.indexOf(`\n${mark}`) + 1
  return {
    head: `${text.slice(0, at)}${hole}:\n`,
    separator: '',
    tail: text.slice(at + mark.length),
    item: (json) => toYamlEntry(JSON.parse(json)),
  }
}

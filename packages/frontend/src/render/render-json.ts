import { apiVersion, type Kind, type ListMeta, type Version } from '../answer/api.ts'
import type { ItemUsage, Labels, NodeItem, PodItem } from '../view/item.ts'
import { ofLast } from '../view/of-last.ts'
import { goDuration } from './duration.ts'
import { cpuQuantity, memoryQuantity } from './quantity.ts'
import { sortedKeys } from './sorted-keys.ts'

/** A NodeMetrics as an item of a list: no kind, no apiVersion, so it serves every version. */
export function nodeItemJson(item: NodeItem): string {
  return `{"metadata":{"name":${quote(item.name)},${timesJson(item)},"usage":${usageJson(item.usage)}}`
}

/** A PodMetrics as an item of a list; containers in byte order of their names. */
export function podItemJson(item: PodItem): string {
  let text = `{"metadata":{"name":${quote(item.name)},"namespace":${quote(item.namespace)},${timesJson(item)},"containers":[`
  let separator = ''
  for (const container of item.containers) {
    text += `${separator}{"name":${quote(container.name)},"usage":${usageJson(container.usage)}}`
    separator = ','
  }
  return `${text}]}`
}

/** One object of a version, from its item. */
export function objectJson(kind: Kind, version: Version, itemJson: string): string {
  return `{"kind":"${kind}","apiVersion":"${apiVersion(version)}",${itemJson.slice(1)}\n`
}

/** What stands before the items of a list; items are parted by `,` and followed by `listTailJson`. */
export function listHeadJson(kind: Kind, version: Version, meta: ListMeta = {}): string {
  return `{"kind":"${kind}List","apiVersion":"${apiVersion(version)}","metadata":${goJson(listMeta(meta))},"items":[`
}

export const listTailJson = ']}\n'

/** ListMeta in the order of Go's fields. */
export function listMeta(meta: ListMeta): ListMeta {
  return {
    ...(meta.continue ? { continue: meta.continue } : {}),
    ...(meta.remainingItemCount ? { remainingItemCount: meta.remainingItemCount } : {}),
  }
}

const unsafeInHtml: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/** JSON text as Go's encoder writes it: safe to stand in HTML. `indent`: spaces a level. */
export function goJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(/[<>&\u2028\u2029]/g, (c) => unsafeInHtml[c] as string)
}

/** RFC 3339, UTC, whole seconds, truncated. All samples of a list are of few seconds: see `secondTexts`. */
function timestampText(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000)
  const at = second & (secondTexts.length - 1)
  const known = secondTexts[at] as SecondText
  if (known.second === second) return known.text
  const text = `${new Date(milliseconds).toISOString().slice(0, -5)}Z`
  secondTexts[at] = { second, text }
  return text
}

type SecondText = { second: number; text: string }

/** The last made of those whose seconds end in the same bits; their number is a power of two. */
const secondTexts: SecondText[] = Array.from({ length: 64 }, () => ({ second: Number.NaN, text: '' }))

/** From creationTimestamp through window; closes metadata. */
function timesJson({ timestampMs, windowMs, labels }: NodeItem | PodItem): string {
  const time = timestampText(timestampMs)
  const window = goDuration(windowMs)
  return `"creationTimestamp":"${time}"${labelsJson(labels)}},"timestamp":"${time}","window":"${window}"`
}

const labelsJson = ofLast((labels: Labels): string => {
  let text = ''
  for (const key of sortedKeys(labels)) {
    text += `${text === '' ? ',"labels":{' : ','}${quote(key)}:${quote(labels[key] as string)}`
  }
  return text === '' ? '' : `${text}}`
})

function usageJson({ cpuNanocores, memoryBytes, swapBytes }: ItemUsage): string {
  const swap = swapBytes === undefined ? '' : `,"swap":"${memoryQuantity(swapBytes)}"`
  return `{"cpu":"${cpuQuantity(cpuNanocores)}","memory":"${memoryQuantity(memoryBytes)}"${swap}}`
}

/** Names and label values of Kubernetes need no escape. */
const plain = /^[\w./-]*$/

function quote(text: string): string {
  return plain.test(text) ? `"${text}"` : goJson(text)
}

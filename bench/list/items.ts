import { fieldsOf, opened } from '@metrics-ring/frontend/testing/protobuf-decoder'

/** How many items a list has, in JSON or protobuf; undefined: it is no list. */
export function itemsOf(body: Buffer, contentType: string): number | undefined {
  if (contentType === 'application/vnd.kubernetes.protobuf') return protobufItems(body)
  return jsonItems(body)
}

const [quote, backslash, comma, open, close] = [...Buffer.from('"\\,[]')] as [
  number,
  number,
  number,
  number,
  number,
]
const [openObject, closeObject] = [...Buffer.from('{}')] as [number, number]

/** Commas between items, where parsing took seconds of a core beside the server that is measured. */
function jsonItems(body: Buffer): number | undefined {
  const key = Buffer.from('"items":[')
  const start = body.indexOf(key)
  if (start === -1) return undefined
  let [depth, items] = [0, 0]
  for (let at = start + key.length; at < body.length; at++) {
    const byte = body[at]
    if (items === 0 && byte !== close) items = 1
    if (byte === quote) at = endOfText(body, at)
    else if (byte === open || byte === openObject) depth++
    else if (depth === 0 && byte === close) return items
    else if (byte === close || byte === closeObject) depth--
    else if (depth === 0 && byte === comma) items++
  }
  throw new Error('the list has no end')
}

/** Of the text that begins at a quote, its closing quote. */
function endOfText(body: Buffer, start: number): number {
  let at = start + 1
  while (body[at] !== quote && at < body.length) at += body[at] === backslash ? 2 : 1
  return at
}

function protobufItems(body: Buffer): number | undefined {
  const { kind, message } = opened(body)
  if (!kind?.endsWith('List')) return undefined
  return fieldsOf(message).filter(({ number }) => number === 2).length
}

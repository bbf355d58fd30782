import { isUtf8 } from 'node:buffer'
import { BACKSLASH, CLOSE, COMMA, EQUALS, endOfName, is, NEWLINE, QUOTE, skipBlanks } from './decode-bytes.ts'

/** What names a container. */
export type Names = { namespace: string; pod: string; container: string }

/** Longer values are no Kubernetes names, and the store takes none; a line that has one is malformed. */
const MAX_NAME_BYTES = 253

/** Where a value stands between its quotes, and whether it is more than plain ASCII. */
type Span = { start: number; end: number; escaped: boolean; ascii: boolean }

/** Reused from line to line; a span that starts at 0 was not named in the line. */
export type Labels = { container: Span; namespace: Span; pod: Span; other: Span }

export function createLabels(): Labels {
  const span = () => ({ start: 0, end: 0, escaped: false, ascii: true })
  return { container: span(), namespace: span(), pod: span(), other: span() }
}

/** Reads `{a="b",c="d"}` at `start` into `out`; returns where it ends, or -1 when it is malformed. */
export function readLabels(body: Buffer, start: number, out: Labels): number {
  out.container.start = 0
  out.namespace.start = 0
  out.pod.start = 0
  let at = skipBlanks(body, start + 1)
  while (body[at] !== CLOSE) {
    const nameEnd = endOfName(body, at)
    if (nameEnd === at) return -1
    const span = spanFor(body, at, nameEnd, out)
    at = skipBlanks(body, nameEnd)
    if (body[at] !== EQUALS) return -1
    at = skipBlanks(body, at + 1)
    if (body[at] !== QUOTE || (span !== out.other && span.start > 0)) return -1
    at = readValue(body, at + 1, span)
    if (at < 0) return -1
    at = skipBlanks(body, at)
    if (body[at] === COMMA) at = skipBlanks(body, at + 1)
    else if (body[at] !== CLOSE) return -1
  }
  return at + 1
}

/** The three names as text; undefined when one is missing, empty, too long or not UTF-8. */
export function readNames(body: Buffer, labels: Labels): Names | undefined {
  const namespace = text(body, labels.namespace)
  const pod = text(body, labels.pod)
  const container = text(body, labels.container)
  return namespace && pod && container ? { namespace, pod, container } : undefined
}

function spanFor(body: Buffer, start: number, end: number, out: Labels): Span {
  if (is(body, start, end, CONTAINER)) return out.container
  if (is(body, start, end, NAMESPACE)) return out.namespace
  return is(body, start, end, POD) ? out.pod : out.other
}

const CONTAINER = Buffer.from('container')
const NAMESPACE = Buffer.from('namespace')
const POD = Buffer.from('pod')

/** Reads to the closing quote; returns what follows it, or -1 when the line ends before. */
function readValue(body: Buffer, start: number, span: Span): number {
  let seen = 0
  let escaped = false
  for (let at = start; at < body.length; at++) {
    const byte = body[at] as number
    seen |= byte
    if (byte === QUOTE) {
      span.start = start
      span.end = at
      span.escaped = escaped
      span.ascii = seen < 0x80
      return at + 1
    }
    if (byte === NEWLINE) return -1
    if (byte === BACKSLASH) {
      escaped = true
      at++
      if (body[at] === NEWLINE) return -1
    }
  }
  return -1
}

function text(body: Buffer, span: Span): string | undefined {
  if (span.start === 0 || span.end - span.start > MAX_NAME_BYTES) return undefined
  if (span.ascii && !span.escaped) return body.toString('latin1', span.start, span.end)
  const bytes = body.subarray(span.start, span.end)
  if (!isUtf8(bytes)) return undefined
  return span.escaped ? unescapeValue(bytes.toString()) : bytes.toString()
}

/** The exposition format knows these three escapes and no other. */
const ESCAPES: Record<string, string | undefined> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' }

function unescapeValue(escaped: string): string | undefined {
  let known = true
  const plain = escaped.replace(/\\./gsu, (pair) => {
    known &&= ESCAPES[pair] !== undefined
    return ESCAPES[pair] ?? ''
  })
  return known ? plain : undefined
}

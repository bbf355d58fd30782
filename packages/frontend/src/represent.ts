import type { Answer } from './answer.ts'
import { apiVersion, kinds } from './api.ts'
import { type Body, fragmentBody, pieceBody } from './body.ts'
import type { Listing, ServedEntry } from './listing.ts'
import { contentTypes } from './negotiate.ts'
import { listHeadProtobuf, listTailProtobuf } from './protobuf-envelope.ts'
import { listHeadJson, listTailJson } from './render-json.ts'
import { type Form, type Fragments, listPieces, objectBody } from './render-list.ts'

const comma = Buffer.from(',')
const nothing = Buffer.alloc(0)
const tailJson = Buffer.from(listTailJson)

/** The list; entries are ones of which something is served. */
export function listAnswer(form: Form, { entries, meta }: Listing): Answer {
  return answerOf(form, listBody(form, entries as readonly Fragments[], meta))
}

export function objectAnswer(form: Form, entry: ServedEntry): Answer {
  return answerOf(form, objectBody(form, entry as Fragments))
}

function answerOf({ media }: Form, body: Answer['body']): Answer {
  return { code: 200, headers: { 'Content-Type': contentTypes[media.encoding] }, body }
}

/** Kept fragments are only put together; every other representation is rendered as it is read. */
function listBody(form: Form, items: readonly Fragments[], meta: Listing['meta']): Body {
  const { resource, version, media } = form
  const kind = kinds[resource]
  if (media.transform || media.pretty || media.encoding === 'yaml') {
    const asTheyStand = items.map(({ json, protobuf }) => ({ json, protobuf }))
    return pieceBody(listPieces(form, asTheyStand, meta))
  }
  if (media.encoding === 'protobuf') {
    const head = (bytes: number) => listHeadProtobuf(apiVersion(version), `${kind}List`, bytes, meta)
    const fragments = items.map(({ protobuf }) => protobuf)
    return fragmentBody(fragments, { head, between: nothing, tail: listTailProtobuf })
  }
  const head = Buffer.from(listHeadJson(kind, version, meta))
  const fragments = items.map(({ json }) => json)
  return fragmentBody(fragments, { head: () => head, between: comma, tail: tailJson })
}

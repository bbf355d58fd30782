import type { Answer } from './answer.ts'
import { apiVersion, kinds } from './api.ts'
import { type Body, fragmentBody, pieceBody } from './body.ts'
import type { Listing, ServedEntry } from './listing.ts'
import { contentTypes, type Media } from './negotiate.ts'
import { listHeadProtobuf, listTailProtobuf } from './protobuf-envelope.ts'
import { listHeadJson, listTailJson } from './render-json.ts'
import { type Form, type Fragments, listPieces, objectBody } from './render-list.ts'
import { eachInTurns } from './turns.ts'

const comma = Buffer.from(',')
const nothing = Buffer.alloc(0)
const tailJson = Buffer.from(listTailJson)

/** The list; what ceased to be served since it was gathered is left out. */
export async function listAnswer(form: Form, { entries, meta }: Listing): Promise<Answer> {
  return answerOf(form, await listBody(form, entries, meta))
}

export function objectAnswer(form: Form, entry: ServedEntry): Answer {
  return answerOf(form, objectBody(form, entry as Fragments))
}

function answerOf({ media }: Form, body: Answer['body']): Answer {
  return { code: 200, headers: { 'Content-Type': contentTypes[media.encoding] }, body }
}

/** Whether lists are put together from kept fragments: then many may read one body. */
export function isKept({ transform, pretty, encoding }: Media): boolean {
  return !transform && !pretty && encoding !== 'yaml'
}

/** Kept fragments are only put together; every other representation is rendered as it is read. */
async function listBody(form: Form, entries: readonly ServedEntry[], meta: Listing['meta']): Promise<Body> {
  const { resource, version, media } = form
  const kind = kinds[resource]
  if (!isKept(media)) {
    // As they stand now: an entry may be blank by the time it is rendered.
    const items = entries.map(({ json, protobuf }) => ({ json, protobuf })).filter(isRendered)
    return pieceBody(listPieces(form, items, meta))
  }
  const fragments: Buffer[] = []
  if (media.encoding === 'protobuf') {
    await eachInTurns(entries, ({ protobuf }) => protobuf && fragments.push(protobuf))
    const head = (bytes: number) => listHeadProtobuf(apiVersion(version), `${kind}List`, bytes, meta)
    return fragmentBody(fragments, { head, between: nothing, tail: listTailProtobuf })
  }
  await eachInTurns(entries, ({ json }) => json && fragments.push(json))
  const head = Buffer.from(listHeadJson(kind, version, meta))
  return fragmentBody(fragments, { head: () => head, between: comma, tail: tailJson })
}

function isRendered(item: { json: Buffer | undefined; protobuf: Buffer | undefined }): item is Fragments {
  return item.json !== undefined && item.protobuf !== undefined
}

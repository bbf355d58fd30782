import { listHeadProtobuf, listTailProtobuf } from '../render/protobuf-envelope.ts'
import { listHeadJson, listTailJson } from '../render/render-json.ts'
import { type Form, listPieces, objectBody, partOf } from '../render/render-list.ts'
import { contentTypes, type Media } from '../request/negotiate.ts'
import type { Kept, Part } from '../view/slabs.ts'
import { eachInTurns } from '../view/turns.ts'
import type { Answer } from './answer.ts'
import { apiVersion, kinds } from './api.ts'
import { addFragment, type Body, fragmentBody, newFragments, pieceBody } from './body.ts'
import type { Listing, ServedEntry } from './listing.ts'

/** What is served of an entry now. */
export type KeptOf = (entry: ServedEntry, part: Part) => Kept | undefined

const comma = Buffer.from(',')
const nothing = Buffer.alloc(0)
const tailJson = Buffer.from(listTailJson)

/** The list; what ceased to be served since it was gathered is left out. */
export async function listAnswer(form: Form, listing: Listing, kept: KeptOf): Promise<Answer> {
  return answerOf(form, await listBody(form, listing, kept))
}

export function objectAnswer(form: Form, item: Kept): Answer {
  return answerOf(form, objectBody(form, item))
}

function answerOf({ media }: Form, body: Answer['body']): Answer {
  return { code: 200, headers: { 'Content-Type': contentTypes[media.encoding] }, body }
}

/** Whether lists are put together from kept fragments: then many may read one body. */
export function isKept({ transform, pretty, encoding }: Media): boolean {
  return !transform && !pretty && encoding !== 'yaml'
}

/** Kept fragments are only put together; every other representation is rendered as it is read. */
async function listBody(form: Form, { entries, meta }: Listing, kept: KeptOf): Promise<Body> {
  const { resource, version, media } = form
  const kind = kinds[resource]
  const part = partOf(media)
  const fragments = newFragments(part === 'json' ? comma : nothing)
  // As they stand now: an entry may be blank, or another, by the time it is written.
  await eachInTurns(entries, (entry) => {
    const item = kept(entry, part)
    if (item) addFragment(fragments, item)
  })
  if (!isKept(media)) return pieceBody(listPieces(form, fragments.items, meta))
  if (part === 'protobuf') {
    const head = (bytes: number) => listHeadProtobuf(apiVersion(version), `${kind}List`, bytes, meta)
    return fragmentBody(fragments, { head, tail: listTailProtobuf })
  }
  const head = Buffer.from(listHeadJson(kind, version, meta))
  return fragmentBody(fragments, { head: () => head, tail: tailJson })
}

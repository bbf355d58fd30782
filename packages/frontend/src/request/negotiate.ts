import { kinds, type Resource } from '../answer/api.ts'
import { type Failure, notAcceptable } from '../answer/status.ts'
import { allows, type Clause, parseAccept } from './accept.ts'

export type Encoding = 'json' | 'yaml' | 'protobuf'
export type TransformKind = 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'

/** How an answer is to be written. */
export type Media = {
  encoding: Encoding
  /** Two spaces a level; JSON only. */
  pretty: boolean
  /** Of group meta.k8s.io; absent: the object itself. */
  transform?: { kind: TransformKind; version: 'v1' | 'v1beta1' }
}

/** How an error is to be written; `raw`: nothing fits Accept, so indented JSON without a line end. */
export type ErrorMedia = { encoding: Encoding; pretty: boolean; raw: boolean }

export const contentTypes: Record<Encoding, string> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
}
/** In the order of preference where Accept leaves it to us. */
const encodings = Object.keys(contentTypes) as Encoding[]
/** All of them, as errors list them. */
export const offered = Object.values(contentTypes).join(', ')
const streams = 'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch'

export type Asked = {
  resource: Resource
  /** A list, or one object. */
  list: boolean
  /** What the query and the user agent say, see `prettyAsked`. */
  pretty: boolean
}

/**
 * What of our representations the Accept header wants (apiserver pkg/endpoints/handlers/negotiation and the
 * router before it), or a 406. `application/*` is taken, unlike by the router.
 */
export function negotiate(accept: string | undefined, { resource, list, pretty }: Asked): Media | Failure {
  const clauses = parseAccept(accept)
  if (!clauses.some((clause) => encodings.some((encoding) => allows(clause, contentTypes[encoding])))) {
    const available = list ? `${offered}, ${streams}` : offered
    return notAcceptable(`406: Not Acceptable\n\nAvailable representations: ${available}`, {})
  }
  const found = firstFitting(clauses, isTransform)
  if (!found) return nothingFits()
  const { encoding, clause, target } = found
  const media = { encoding, pretty: encoding === 'json' && (pretty || clause.params.get('pretty') === '1') }
  if (!target) return media
  const kind = target.kind as TransformKind
  return mismatch(kind, resource, list) ?? { ...media, transform: { kind, version: target.version as 'v1' } }
}

/** How to write an error to the one who sent this Accept header: never transformed, never refused. */
export function negotiateError(accept: string | undefined, pretty: boolean): ErrorMedia {
  const found = firstFitting(parseAccept(accept), () => false)
  if (!found) return { encoding: 'json', pretty: true, raw: true }
  const indented = found.encoding === 'json' && (pretty || found.clause.params.get('pretty') === '1')
  return { encoding: found.encoding, pretty: indented, raw: false }
}

/** Whether indented JSON is asked for: by `pretty` in the query, else by looking like a person's tool. */
export function prettyAsked(query: URLSearchParams, userAgent: string | undefined): boolean {
  const value = query.get('pretty')
  if (value) return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value)
  return /^(curl|Wget|Mozilla\/5\.0)/.test(userAgent ?? '')
}

/** What a clause wants the object turned into. */
export type Target = { kind: string; group: string; version: string }
export type Fitting = { encoding: Encoding; clause: Clause; target: Target | undefined }

/** The first clause, in order of rank, that one of the encodings satisfies; `transforms` says which targets exist. */
export function firstFitting(
  clauses: readonly Clause[],
  transforms: (target: Target, encoding: Encoding) => boolean,
): Fitting | undefined {
  for (const clause of clauses) {
    const target = targetOf(clause)
    const encoding = encodings.find(
      (each) =>
        allows(clause, contentTypes[each]) &&
        streamFits(clause, each) &&
        (!target || transforms(target, each)),
    )
    if (encoding) return { encoding, clause, target }
  }
  return undefined
}

export function nothingFits(): Failure {
  return notAcceptable(`only the following media types are accepted: ${offered}`)
}

function targetOf({ params }: Clause): Target | undefined {
  const [kind, group, version] = [params.get('as'), params.get('g'), params.get('v')]
  if (kind === undefined && group === undefined && version === undefined) return undefined
  return { kind: kind ?? '', group: group ?? '', version: version ?? '' }
}

/** `sv` names a server version, of which there is none to choose. */
function streamFits({ params }: Clause, encoding: Encoding): boolean {
  const stream = params.get('stream')
  return !params.has('sv') && (stream === undefined || (stream === 'watch' && encoding !== 'yaml'))
}

function isTransform({ kind, group, version }: Target, encoding: Encoding): boolean {
  if (group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return false
  if (kind === 'Table') return encoding !== 'protobuf'
  return kind === 'PartialObjectMetadata' || kind === 'PartialObjectMetadataList'
}

/** Metadata of a list asked for as of one object, or the other way round. */
function mismatch(kind: TransformKind, resource: Resource, list: boolean): Failure | undefined {
  if (kind === 'Table' || list === (kind === 'PartialObjectMetadataList')) return undefined
  const what = list ? 'is a list' : 'is not a list'
  const type = `*metrics.${kinds[resource]}${list ? 'List' : ''}`
  return notAcceptable(`you requested ${kind}, but the requested object ${what} (${type})`)
}

import { apiVersion, group, type Version, versions } from '../answer/api.ts'
import { type Failure, notAcceptable } from '../answer/status.ts'
import { documentText } from '../render/frame.ts'
import { enveloped } from '../render/protobuf-envelope.ts'
import { styleOf } from '../render/render-list.ts'
import type { Answer } from '../render/render-status.ts'
import { allows, parseAccept } from '../request/accept.ts'
import {
  contentTypes,
  type Encoding,
  firstFitting,
  nothingFits,
  offered,
  type Target,
} from '../request/negotiate.ts'
import {
  type AggregatedVersion,
  aggregatedList,
  groupDocument,
  groupList,
  resourceList,
} from './discovery-documents.ts'
import { groupListMessage, groupMessage, resourceListMessage } from './discovery-protobuf.ts'
import { hashOf, isKnown } from './etag.ts'

/** What of a request a document depends on. */
export type Reader = {
  accept: string | undefined
  ifNoneMatch: string | undefined
  /** What the query and the user agent say, see `prettyAsked`. */
  pretty: boolean
}

type Legacy = { document: object; protobuf: () => Buffer }

/** By path, without a slash at the end. */
const legacy: ReadonlyMap<string, Legacy> = new Map<string, Legacy>([
  ['/apis', { document: groupList(), protobuf: () => groupListMessage(groupList().groups) }],
  [`/apis/${group}`, { document: groupDocument(), protobuf: () => groupMessage(groupDocument()) }],
  ...versions.map((version): [string, Legacy] => [`/apis/${apiVersion(version)}`, ofVersion(version)]),
])

/** The paths of discovery, without a slash at the end. */
export const discoveryPaths: readonly string[] = [...legacy.keys()]

/**
 * A discovery document as its reader wants it, or a 406. `/apis` is also there in aggregated form, v2 and v2beta1:
 * the answer's version is the one asked for, and its Content-Type says so, else the aggregator would not use it.
 * Throws a RangeError for a path that is not one of `discoveryPaths`.
 */
export function answerDiscovery(path: string, { accept, ifNoneMatch, pretty }: Reader): Answer | Failure {
  const found = legacy.get(path)
  if (!found) throw new RangeError(`no discovery document at ${path}`)
  const clauses = parseAccept(accept)
  if (!clauses.some((clause) => Object.values(contentTypes).some((type) => allows(clause, type)))) {
    return notAcceptable(`406: Not Acceptable\n\nAvailable representations: ${offered}`, {})
  }
  const fitting = firstFitting(clauses, path === '/apis' ? isAggregated : () => false)
  if (!fitting) return nothingFits()
  const { encoding, clause, target } = fitting
  const indented = encoding === 'json' && (pretty || clause.params.get('pretty') === '1')
  if (target) {
    return aggregatedAnswer(target.version as AggregatedVersion, encoding, indented, ifNoneMatch)
  }
  const headers = { 'Content-Type': contentTypes[encoding] }
  if (encoding === 'protobuf') {
    const { kind, apiVersion } = found.document as { kind: string; apiVersion: string }
    return { code: 200, headers, body: enveloped(apiVersion, kind, found.protobuf()) }
  }
  return { code: 200, headers, body: documentText(found.document, styleOf({ encoding, pretty: indented })) }
}

function aggregatedAnswer(
  version: AggregatedVersion,
  encoding: Encoding,
  pretty: boolean,
  ifNoneMatch: string | undefined,
): Answer {
  const document = aggregatedList(version)
  const etag = `"${hashOf(documentText(document, 'compact'))}"`
  const caching = { ETag: etag, Vary: 'Accept', 'Cache-Control': 'public' }
  if (isKnown(etag, ifNoneMatch)) return { code: 304, headers: caching, body: '' }
  const type = `${contentTypes[encoding]};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
  const body = documentText(document, styleOf({ encoding, pretty }))
  return { code: 200, headers: { 'Content-Type': type, ...caching }, body }
}

/** Not in protobuf: nobody asks for it. */
function isAggregated({ kind, group, version }: Target, encoding: Encoding): boolean {
  const known = version === 'v2' || version === 'v2beta1'
  return (
    encoding !== 'protobuf' && kind === 'APIGroupDiscoveryList' && group === 'apidiscovery.k8s.io' && known
  )
}

function ofVersion(version: Version): Legacy {
  const document = resourceList(version)
  return { document, protobuf: () => resourceListMessage(document.groupVersion, document.resources) }
}

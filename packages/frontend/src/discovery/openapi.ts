import { apiVersion, type Version, versions } from '../answer/api.ts'
import { goJson } from '../render/render-json.ts'
import type { Answer } from '../render/render-status.ts'
import { allows, parseAccept } from '../request/accept.ts'
import { hashOf, isKnown } from './etag.ts'
import { openapiV2, openapiV3 } from './openapi-documents.ts'

/** What of a request the answer depends on. */
export type OpenapiReader = {
  accept: string | undefined
  ifNoneMatch: string | undefined
  /** `hash` of the query, '' for none. */
  hash: string
  nowMs: number
}

type Page = { text: string; etag: string }

const yearMs = 365 * 24 * 3_600_000
const json = 'application/json'

/** Path of the OpenAPI v3 document of a version. */
function pathOf(version: Version): string {
  return `/openapi/v3/apis/${apiVersion(version)}`
}

/** All that `createOpenapi` answers, without a slash at the end. */
export const openapiPaths: readonly string[] = ['/openapi/v2', '/openapi/v3', ...versions.map(pathOf)]

/**
 * OpenAPI v2, the index of v3 and the documents of v3, in JSON. A hash that is not the document's is answered all
 * the same: kube-openapi would redirect, which the aggregator turns into a 502. Documents are made when they are first
 * asked for. Throws a RangeError for a path that is not one of `openapiPaths`.
 */
export function createOpenapi(build: string): (path: string, reader: OpenapiReader) => Answer {
  const pages = new Map<string, Page>()

  function documentOf(path: string): object {
    if (path === '/openapi/v2') return openapiV2(build)
    const version = versions.find((each) => path === pathOf(each))
    if (version) return openapiV3(version, build)
    if (path !== '/openapi/v3') throw new RangeError(`no OpenAPI document at ${path}`)
    return { paths: Object.fromEntries(versions.map(linkTo)) }
  }
  function linkTo(version: Version) {
    const hash = pageOf(pathOf(version)).etag.slice(1, -1)
    return [`apis/${apiVersion(version)}`, { serverRelativeURL: `${pathOf(version)}?hash=${hash}` }]
  }
  function pageOf(path: string): Page {
    const known = pages.get(path)
    if (known) return known
    const text = goJson(documentOf(path))
    const page = { text, etag: `"${hashOf(text)}"` }
    pages.set(path, page)
    return page
  }

  return (path, { accept, ifNoneMatch, hash, nowMs }) => {
    const { text, etag } = pageOf(path)
    const isIndex = path === '/openapi/v3'
    const fits = parseAccept(accept).some((clause) => allows(clause, json))
    if (!fits && !isIndex) return { code: 406, headers: { Vary: 'Accept' }, body: '' }
    const isAddressed = hash !== '' && etag === `"${hash}"` && !isIndex
    const headers = {
      ETag: etag,
      ...(isIndex ? {} : { Vary: 'Accept' }),
      ...(isAddressed
        ? { 'Cache-Control': 'public, immutable', Expires: new Date(nowMs + yearMs).toUTCString() }
        : {}),
    }
    if (isKnown(etag, ifNoneMatch)) return { code: 304, headers, body: '' }
    return { code: 200, headers: { 'Content-Type': json, ...headers }, body: text }
  }
}

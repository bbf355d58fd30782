import type { Resource } from '../src/answer/api.ts'
import * as status from '../src/answer/status.ts'
import { type Attempt, authorizationError, forbidden } from '../src/answer/status-forbidden.ts'
import { nodeItemJson, podItemJson } from '../src/render/render-json.ts'
import { type Form, listPieces, objectBody, partOf } from '../src/render/render-list.ts'
import { nodeItemProtobuf, podItemProtobuf } from '../src/render/render-protobuf.ts'
import { type Answer, renderFailure } from '../src/render/render-status.ts'
import { parseIncludeObject, parseListOptions, parseTimeout } from '../src/request/list-options.ts'
import { contentTypes, type Media, negotiate, negotiateError, prettyAsked } from '../src/request/negotiate.ts'
import type { NodeItem, PodItem } from '../src/view/item.ts'
import { createSlabs, type Kept } from '../src/view/slabs.ts'

/** The pure parts put together over the objects that the golden answers were made from, without a server. */
export type Ask = { method?: string; url: string; headers?: Record<string, string> }

const timestampMs = 1_700_000_000_123
const c1 = { name: 'c1', usage: { cpuNanocores: 156_340, memoryBytes: 10 * 2 ** 20 } }
const c2 = { name: 'c2', usage: { cpuNanocores: 1e9, memoryBytes: 500 } }
const pods: PodItem[] = [
  {
    name: 'p1',
    namespace: 'ns',
    labels: { a: 'b', app: 'x' },
    timestampMs,
    windowMs: 15_029,
    containers: [c1],
  },
  { name: 'p2', namespace: 'ns', labels: {}, timestampMs, windowMs: 15_029, containers: [c1, c2] },
]
const nodes: NodeItem[] = ['n1', 'n2'].map((name) => ({
  name,
  labels: { 'kubernetes.io/hostname': name },
  timestampMs,
  windowMs: 10_000,
  usage: { cpuNanocores: 1.5e9, memoryBytes: 5_242_880_000 },
}))

type Target = { resource: Resource; namespace: string; name?: string; subresource?: string }

export function answer({ method = 'GET', url, headers = {} }: Ask): Answer {
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1')
  const pretty = prettyAsked(searchParams, headers['User-Agent'])
  const fail = (failure: status.Failure) => renderFailure(failure, negotiateError(headers.Accept, pretty))
  const target = targetOf(pathname)
  const refusal = refusalOf(headers['X-U'], method, url, pathname, searchParams, target)
  if (refusal) return fail(refusal)
  const timeout = parseTimeout(searchParams)
  if (typeof timeout !== 'number') return fail(timeout)
  if (!target || target.subresource) return fail(status.unknownPath())
  if (method !== 'GET') return fail(status.methodNotAllowed())
  const { resource, name } = target
  const media = negotiate(headers.Accept, { resource, list: name === undefined, pretty })
  if (status.isFailure(media)) return fail(media)
  const found =
    name === undefined ? list(target, searchParams, media) : one(target, name, searchParams, media)
  if (status.isFailure(found)) return fail(found)
  return { code: 200, headers: { 'Content-Type': contentTypes[media.encoding] }, body: found.bytes }
}

type Found = { bytes: Buffer } | status.Failure

function list({ resource, namespace }: Target, query: URLSearchParams, media: Media): Found {
  const options = parseListOptions(query)
  if (status.isFailure(options)) return options
  if (options.watch) return status.watchNotSupported(resource)
  if (namespace === 'boom') return status.internalError('failed reading pods metrics: no storage')
  const form = formOf(resource, media, query)
  if (status.isFailure(form)) return form
  const { labelSelector, fieldSelector } = options
  const items = (resource === 'nodes' ? nodes : namespace === 'ns' ? pods : []).filter(
    (item) =>
      (labelSelector?.matches(item.labels) ?? true) &&
      (fieldSelector?.matches({ namespace: '', ...item }) ?? true),
  )
  return {
    bytes: Buffer.concat([
      ...listPieces(
        form,
        items.map((item) => fragment(item, media)),
      ),
    ]),
  }
}

function one({ resource, namespace }: Target, name: string, query: URLSearchParams, media: Media): Found {
  if (namespace === 'boom') return status.internalError('failed pod metrics: no storage')
  const item = (resource === 'nodes' ? nodes : pods).find((each) => each.name === name)
  if (item) {
    const form = formOf(resource, media, query)
    return status.isFailure(form) ? form : { bytes: objectBody(form, fragment(item, form.media)) }
  }
  if (resource === 'pods') {
    return name === 'nodata' ? status.podMetricsNotFound(namespace, name) : status.podNotFound(name)
  }
  return name === 'nodata' ? status.nodeMetricsNotFound(name) : status.nodeNotFound(name)
}

function formOf(resource: Resource, media: Media, query: URLSearchParams): Form | status.Failure {
  const form: Form = { resource, version: 'v1beta1', media }
  if (media.transform?.kind !== 'Table') return form
  const includeObject = parseIncludeObject(query)
  return typeof includeObject === 'string' ? { ...form, includeObject } : includeObject
}

const slabs = createSlabs()

/** The item as it is kept for answers in that form. */
export function fragment(item: PodItem | NodeItem, media: Media): Kept {
  if (partOf(media) === 'protobuf')
    return slabs.keep('containers' in item ? podItemProtobuf(item) : nodeItemProtobuf(item))
  return slabs.keep(Buffer.from('containers' in item ? podItemJson(item) : nodeItemJson(item)))
}

function targetOf(path: string): Target | undefined {
  const {
    namespace = '',
    resource,
    name,
    subresource,
  } = /^\/apis\/metrics\.k8s\.io\/v1beta1\/(?:namespaces\/(?<namespace>[^/]+)\/(?=pods))?(?<resource>pods|nodes)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>.+))?$/.exec(
    path,
  )?.groups ?? {}
  if (!resource || (resource === 'pods' && name && !namespace)) return undefined
  return {
    resource: resource as Resource,
    namespace,
    ...(name ? { name } : {}),
    ...(subresource ? { subresource } : {}),
  }
}

function refusalOf(
  user: string | undefined,
  method: string,
  url: string,
  path: string,
  query: URLSearchParams,
  target: Target | undefined,
): status.Failure | undefined {
  if (user === undefined) return undefined
  if (user === 'none') return status.unauthorized()
  if (user === 'broken') return authorizationError(`http://127.0.0.1${url}`, 'webhook <down>')
  const verbs: Record<string, string> = { POST: 'create', DELETE: 'deletecollection' }
  const read = target?.name ? 'get' : query.get('watch') ? 'watch' : 'list'
  const attempt: Attempt = target
    ? { user, verb: verbs[method] ?? read, apiGroup: 'metrics.k8s.io', ...target }
    : { user, verb: 'get', path }
  return forbidden(attempt, user === 'reasoned' ? 'because <no>' : '')
}

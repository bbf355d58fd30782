import { parseFieldSelector } from './field-selector.ts'

/**
 * What a request asks for, in the words of authorization. Routes take it from here as well: a second reading
 * of the path could see another resource than the one that was authorized.
 */
export type RequestInfo = {
  /** Decoded. */
  path: string
  query: URLSearchParams
  /** For a resource: get, list, watch, create, update, patch, delete, deletecollection; else the method in lower case. */
  verb: string
  /** Absent: a path like /metrics or /apis/metrics.k8s.io/v1. */
  resource?: ResourceInfo
}

export type ResourceInfo = {
  group: string
  version: string
  /** Empty: all namespaces, or not namespaced. */
  namespace: string
  resource: string
  subresource: string
  /** Of the path, or of a list with fieldSelector metadata.name=NAME. Empty: none. */
  name: string
  /** The verb stands in the path, as in /apis/GROUP/VERSION/watch/…: selectors do not count there. */
  verbInPath: boolean
}

const verbOfMethod = new Map([
  ['POST', 'create'],
  ['GET', 'get'],
  ['HEAD', 'get'],
  ['PUT', 'update'],
  ['PATCH', 'patch'],
  ['DELETE', 'delete'],
])
const pathVerbs = new Set(['proxy', 'watch'])
const namespaceSubresources = new Set(['status', 'finalize'])

/** Selectors are read before it is known whether the asker may list at all; no client's are a tenth of this. Bytes. */
const longestTarget = 65_536

/**
 * Rules of kubernetes/apiserver pkg/endpoints/request/requestinfo.go. Undefined: not a target to be served (400):
 * too long, broken percent-encoding, a slash or a control character in disguise, or what parsers of URLs disagree about.
 */
export function requestInfo(method: string, url: string): RequestInfo | undefined {
  if (url.length > longestTarget) return undefined
  if (!/^\/[!-~]*$/.test(url) || /[#\\]/.test(url)) return undefined
  const mark = url.indexOf('?')
  const path = decodedPath(mark < 0 ? url : url.slice(0, mark))
  if (path === undefined) return undefined
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1))
  const target = { path, query, verb: method.toLowerCase() }
  const [prefix, ...rest] = path.replace(/^\/+|\/+$/g, '').split('/')
  if (prefix === 'api' && rest.length >= 2) return resourceRequest(target, method, '', rest)
  if (prefix === 'apis' && rest.length >= 3)
    return resourceRequest(target, method, rest[0] ?? '', rest.slice(1))
  return target
}

function decodedPath(rawPath: string): string | undefined {
  if (/%(2f|5c|7f|[01].)/i.test(rawPath)) return undefined
  try {
    return decodeURIComponent(rawPath)
  } catch {
    return undefined
  }
}

/** `parts`: version, then what follows it; at least two. */
function resourceRequest(
  target: RequestInfo,
  method: string,
  group: string,
  [version = '', ...parts]: string[],
): RequestInfo | undefined {
  const verbInPath = pathVerbs.has(parts[0] ?? '')
  if (verbInPath && parts.length < 2) return undefined
  const pathVerb = verbInPath ? parts.shift() : undefined
  const { namespace, rest } = namespaced(parts)
  const [resource = '', name = '', subresource = ''] = rest
  const found = {
    group,
    version,
    namespace,
    resource,
    name,
    subresource: pathVerb === 'proxy' ? '' : subresource,
    verbInPath,
  }
  const verb = pathVerb ?? verbOfMethod.get(method) ?? ''
  if (name !== '' || (verb !== 'get' && verb !== 'delete')) return { ...target, verb, resource: found }
  if (verb === 'delete') return { ...target, verb: 'deletecollection', resource: found }
  const asked = nameAsked(target.query.get('fieldSelector') ?? '')
  return {
    ...target,
    verb: watches(target.query.get('watch')) ? 'watch' : 'list',
    resource: { ...found, name: asked },
  }
}

/** namespaces/NS/RESOURCE/… is that resource in the namespace; namespaces/NS/status is of the namespace itself. */
function namespaced(parts: string[]): { namespace: string; rest: string[] } {
  if (parts[0] !== 'namespaces' || parts.length < 2) return { namespace: '', rest: parts }
  const within = parts.length > 2 && !namespaceSubresources.has(parts[2] ?? '')
  return { namespace: parts[1] ?? '', rest: within ? parts.slice(2) : parts }
}

/** A bool parameter of Kubernetes: present means true unless it says otherwise. */
function watches(value: string | null): boolean {
  return value !== null && !['false', '0'].includes(value.toLowerCase())
}

/** The one name a field selector leaves, so that RBAC rules with resourceNames apply to a list. Empty: none. */
function nameAsked(fieldSelector: string): string {
  const selector = parseFieldSelector(fieldSelector)
  const name = selector && 'name' in selector ? selector.name : undefined
  return name === undefined || name === '.' || name === '..' || /[/%]/.test(name) ? '' : name
}

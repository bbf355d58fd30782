/** What a path and method ask for, as k8s.io/apiserver pkg/endpoints/request reads them. */
export type RequestInfo = {
  isResource: boolean
  /** get, list, watch, create … of a resource; the lower-case method of any other path. */
  verb: string
  group: string
  version: string
  namespace: string
  resource: string
  subresource: string
  name: string
  path: string
}

const verbs: Record<string, string> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

export function requestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts = path.split('/').filter((part) => part !== '')
  const info: RequestInfo = {
    isResource: false,
    verb: method.toLowerCase(),
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    path,
  }
  const rest = parts[0] === 'api' ? parts.slice(2) : parts.slice(3)
  if ((parts[0] !== 'api' && parts[0] !== 'apis') || rest.length === 0) return info
  info.isResource = true
  info.group = parts[0] === 'api' ? '' : (parts[1] ?? '')
  info.version = (parts[0] === 'api' ? parts[1] : parts[2]) ?? ''
  info.verb = verbs[method] ?? ''
  readResource(info, rest.map(decode))
  readCollectionVerb(info, query)
  return info
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function readResource(info: RequestInfo, rest: string[]): void {
  let parts = rest
  if (parts[0] === 'watch') {
    info.verb = 'watch'
    parts = parts.slice(1)
  }
  if (parts[0] === 'namespaces' && parts.length > 1) {
    info.namespace = parts[1] ?? ''
    const ofNamespace = parts[2] === 'status' || parts[2] === 'finalize'
    if (parts.length > 2 && !ofNamespace) parts = parts.slice(2)
  }
  info.resource = parts[0] ?? ''
  info.name = parts[1] ?? ''
  info.subresource = parts[2] ?? ''
}

function readCollectionVerb(info: RequestInfo, query: URLSearchParams): void {
  if (info.name === '' && info.verb === 'delete') info.verb = 'deletecollection'
  if (info.name !== '' || (info.verb !== 'get' && info.verb !== 'list')) return
  const watch = query.get('watch')
  const isWatch = watch !== null && !['false', '0', 'f', 'F', 'FALSE', 'False'].includes(watch)
  info.verb = isWatch ? 'watch' : 'list'
  const named = /(?:^|,)metadata\.name==?([^,]+)/.exec(query.get('fieldSelector') ?? '')
  if (named) info.name = named[1] ?? ''
}

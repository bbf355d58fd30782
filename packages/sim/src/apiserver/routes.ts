/** Which handler answers which path. */

import { type Call, sendJson, sendText } from './http.ts'
import { get, list } from './list.ts'
import { openApiV2, openApiV3, openApiV3Paths, type PathItem } from './openapi.ts'
import type { Pages } from './pages.ts'
import { findResource, type ResourceType } from './resources.ts'
import { type createReviews, findReview } from './reviews.ts'
import type { Front, Handler } from './server.ts'
import { methodNotAllowed, noSuchPath } from './status.ts'
import { type WatchSettings, watch } from './watch.ts'
import { create, patch, remove, update } from './write.ts'

/** What the aggregation layer takes over. */
export type Aggregation = {
  /** Answers a path below an aggregated version, or returns false if the path is none of its. */
  serve(call: Call): Promise<boolean>
  openApiV3Paths(): Record<string, PathItem>
}

export type Routes = {
  front: Front
  pages: Pages
  discovery: (call: Call) => boolean
  reviews: ReturnType<typeof createReviews>
  aggregation: Aggregation
  watching: WatchSettings
}

const version = { major: '1', minor: '34', gitVersion: 'v1.34.0', platform: 'linux/amd64' }

export function createRoutes(routes: Routes): Handler {
  return async (call) => {
    const { path, response } = call
    if (path === '/healthz' || path === '/livez' || path === '/readyz') return sendText(response, 200, 'ok')
    if (path === '/version') return sendJson(response, 200, version)
    if (routes.discovery(call)) return
    if (await routes.aggregation.serve(call)) return
    if (path.startsWith('/openapi/')) return serveOpenApi(call, routes.aggregation)
    if (!call.info.isResource) throw noSuchPath()
    await serveResource(call, routes)
  }
}

function serveOpenApi({ path, response }: Call, aggregation: Aggregation): void {
  const roots: Record<string, () => unknown> = {
    '/openapi/v2': openApiV2,
    '/openapi/v3': () => ({ paths: { ...openApiV3Paths(), ...aggregation.openApiV3Paths() } }),
  }
  const document = roots[path]?.() ?? openApiV3(path.slice('/openapi/v3/'.length))
  if (!document) throw noSuchPath()
  sendJson(response, 200, document)
}

async function serveResource(call: Call, routes: Routes): Promise<void> {
  const { group, version, resource } = call.info
  const review = version === 'v1' ? findReview(group, resource) : undefined
  if (review) return routes.reviews(call, review)
  const type = findResource(group, version, resource)
  if (!type || !reaches(type, call)) throw noSuchPath()
  await serveStored(call, type, routes)
}

/** Namespaced objects are named within a namespace; only `status` is below an object that has one. */
function reaches(type: ResourceType, { info, request }: Call): boolean {
  const byName = /^(get|update|patch|delete)$/.test(info.verb)
  if (info.subresource !== '' && !(info.subresource === 'status' && type.hasStatus)) return false
  return !(type.namespaced && info.namespace === '' && (byName || request.method === 'POST'))
}

async function serveStored(call: Call, type: ResourceType, routes: Routes): Promise<void> {
  const { storage, watches } = routes.front
  switch (call.info.verb) {
    case 'get':
      return get(call, type, storage)
    case 'list':
      return list(call, type, storage, routes.pages)
    case 'watch':
      return watch(call, type, storage, watches, routes.watching)
    case 'create':
      return create(call, type, storage)
    case 'update':
      return update(call, type, storage)
    case 'patch':
      return patch(call, type, storage)
    case 'delete':
      return remove(call, type, storage)
    default:
      throw methodNotAllowed()
  }
}

import { type Check, healthAnswer } from '../health.ts'
import type { RequestInfo, ResourceInfo } from '../request/request-info.ts'
import { type Answer, type Ask, type Outcome, textAnswer } from './answer.ts'
import { group } from './api.ts'
import { methodNotAllowed, unknownPath } from './status.ts'

/** Answers a GET of one path. */
export type Page = (ask: Ask) => Outcome | Promise<Outcome>

export type Routes = {
  resources: (ask: Ask, info: ResourceInfo) => Outcome | Promise<Outcome>
  /** By path, without a slash at the end. */
  pages: ReadonlyMap<string, Page>
  /** By endpoint: readyz, livez, healthz. */
  health: ReadonlyMap<string, () => readonly Check[]>
}

/**
 * Which part answers what. The path is taken as authorization saw it, never read a second time: that is why
 * there is no router of patterns here.
 */
export function createRoutes({ resources, pages, health }: Routes): (ask: Ask) => Outcome | Promise<Outcome> {
  const index = JSON.stringify(
    { paths: [...pages.keys(), ...[...health.keys()].map((name) => `/${name}`)].sort() },
    null,
    2,
  )
  const indexAnswer = (code: number): Answer => ({
    code,
    headers: { 'Content-Type': 'application/json' },
    body: index,
  })

  return (ask) => {
    const { info } = ask
    if (info.resource?.group === group) return resources(ask, info.resource)
    const page = pages.get(trimmed(info.path))
    if (page) return ask.method === 'GET' ? page(ask) : methodNotAllowed()
    const [, endpoint = '', only] = /^\/([a-z]+)(?:\/(.+))?$/.exec(info.path) ?? []
    const checks = health.get(endpoint)
    if (checks) return healthPage(endpoint, checks(), info, only)
    if (info.path === '/') return indexAnswer(200)
    return info.path.startsWith('/apis/') ? unknownPath() : indexAnswer(404)
  }
}

function healthPage(
  endpoint: string,
  checks: readonly Check[],
  { query }: RequestInfo,
  only?: string,
): Answer {
  const { code, text } = healthAnswer(endpoint, checks, query, only)
  return textAnswer(code, text)
}

function trimmed(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

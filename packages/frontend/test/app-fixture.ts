import type { ClientHttp2Session } from 'node:http2'
import { createFakeClock } from '@metrics-ring/common/testing/fake-clock'
import { createApp } from '../src/answer/app.ts'
import { pages } from '../src/answer/pages.ts'
import { createResources } from '../src/answer/resources.ts'
import { createRoutes } from '../src/answer/routes.ts'
import type { Check } from '../src/health.ts'
import { createRenderers } from '../src/render/render-items.ts'
import { createServer } from '../src/serving/server.ts'
import type { Authentication, Authenticator } from '../src/trust/authn.ts'
import type { Authorization } from '../src/trust/authz.ts'
import type { User } from '../src/trust/identity.ts'
import { createView } from '../src/view/view.ts'
import { at, nodeObject, podObject, record } from './builders.ts'
import { askH2, connectH2, type Got, servingPair } from './tls-fixture.ts'

/** A frontend without a store and an API server: its view is fed by hand, and who asks is as the test says. */
export async function startApp({
  mostInFlight = 400,
  authenticate = undefined as Authenticator | undefined,
} = {}) {
  const clock = createFakeClock(1_000_000)
  const knobs = {
    nowMs: at(1) as number | undefined,
    trustLoaded: true,
    authentication: { user: user('system:masters'), via: 'front_proxy' } as Authentication,
    authorization: { decision: 'allowed' } as Authorization,
    checks: [{ name: 'ping' }] as Check[],
    /** What authorization fails with. */
    defect: undefined as Error | undefined,
  }
  const failures: unknown[] = []
  const slow: string[] = []
  const view = createView({ maxAgeMs: 60_000, ...createRenderers(true) })
  const resources = createResources({ view, clock, now: () => knobs.nowMs })
  const handler = createApp({
    trustLoaded: () => knobs.trustLoaded,
    authenticate: authenticate ?? (async () => knobs.authentication),
    async authorize() {
      if (knobs.defect) throw knobs.defect
      return knobs.authorization
    },
    answer: createRoutes({ resources, pages, health: new Map([['readyz', () => knobs.checks]]) }),
    clock,
    events: {
      requestFailed: (error) => void failures.push(error),
      slowReader: (path) => void slow.push(path),
    },
    mostInFlight,
  })
  const pair = await servingPair()
  const server = createServer({ tls: { ...pair, clientCas: '' }, handler, clock, random: () => 0.5 })
  const { port } = await server.listen(0, '127.0.0.1')
  const session: ClientHttp2Session = await connectH2(port)
  return {
    clock,
    knobs,
    view,
    port,
    session,
    failures,
    slow,
    get: (path: string, headers: Record<string, string> = {}): Promise<Got> =>
      askH2(session, { path, headers }),
    async close() {
      session.destroy()
      const drained = server.drain(0)
      await clock.advance(1)
      await drained
    },
  }
}

export type App = Awaited<ReturnType<typeof startApp>>

export function user(...groups: string[]): User {
  return { name: 'somebody', groups, extra: {} }
}

/** One node with pods, `namespace/name` → labels. */
export function feed(app: App, pods: Record<string, Record<string, string>>): void {
  app.view.upsertNode(nodeObject('n1', { zone: 'a' }))
  for (const [path, labels] of Object.entries(pods)) app.view.upsertPod(podObject(path, labels))
  const containers = Object.fromEntries(Object.keys(pods).map((path) => [path, [{}]]))
  app.view.apply({ kind: 'record', record: record('n1', at(0), containers) })
}

import type { AddressInfo } from 'node:net'
import { type Clock, realClock, sleep } from '@metrics-ring/common/clock'
import { errorText } from '@metrics-ring/common/errors'
import { every } from '@metrics-ring/common/every'
import type { KubeClient } from '@metrics-ring/common/kube/kube'
import { createLifecycle, type Lifecycle } from '@metrics-ring/common/lifecycle'
import type { Log } from '@metrics-ring/common/log'
import { createSharedClock } from '@metrics-ring/common/store/shared-clock'
import type { SampleStore } from '@metrics-ring/common/store/store'
import type { Telemetry } from '@metrics-ring/common/telemetry/telemetry'
import { startStatusPage } from './admin/status-page.ts'
import { timed } from './admin/timed.ts'
import { createApiMetrics, measureConnections } from './answer/api-metrics.ts'
import { createApp } from './answer/app.ts'
import { metricsPage, pages } from './answer/pages.ts'
import { createResources } from './answer/resources.ts'
import { createRoutes } from './answer/routes.ts'
import { type KubeClients, kubeClients } from './clients.ts'
import { createEvents, type Events } from './events.ts'
import { createRenderers } from './render/render-items.ts'
import type { ServeConfig } from './serve-config.ts'
import { createServer, type Handler, type Server } from './serving/server.ts'
import { firstPair, followPair, pairReader } from './serving/serving-certificate.ts'
import { createState, type State } from './state.ts'
import { createAuthenticator } from './trust/authn.ts'
import { createAuthorizer } from './trust/authz.ts'
import { createReviewMetrics } from './trust/review-metrics.ts'
import { createAccessReviewer } from './trust/subject-access-review.ts'
import { createTokenReviewer } from './trust/token-review.ts'
import { advertisedCas } from './trust/trust.ts'
import { createTrust, type Trust } from './trust/trust-config.ts'
import { createFollower } from './view/follow.ts'
import { followMetadata } from './view/metadata.ts'
import { createView } from './view/view.ts'
import { measureView } from './view/view-metrics.ts'

export type RunningFrontend = {
  address: AddressInfo
  /** Fails readiness, goes on serving for a while, asks clients to leave, stops everything (SIGTERM). */
  drain(): Promise<void>
}

/** What a frontend is given from outside. The store is closed with the frontend. */
export type FrontendDeps = {
  log: Log
  store: SampleStore
  env: NodeJS.ProcessEnv
  telemetry: Telemetry
}

/** What every part may need; each takes plain values of it. */
type Base = {
  config: ServeConfig
  clock: Clock
  log: Log
  events: Events
  telemetry: Telemetry
  lifecycle: Lifecycle
}

const sweepEveryMs = 60_000
const mostDrainMs = 60_000
const firstPairMs = 60_000

/** Builds a frontend from its configuration, top to bottom. Rejects, with everything stopped, if it cannot start. */
export async function startFrontend(
  config: ServeConfig,
  { log, store, env, telemetry }: FrontendDeps,
): Promise<RunningFrontend> {
  const clock = realClock
  const events = createEvents(log)
  const lifecycle = createLifecycle((error) => log.warn({ error: errorText(error) }, 'stopping failed'))
  const base = { config, clock, log, events, telemetry, lifecycle }
  try {
    // What takes longest is begun first: samples, metadata and trust come in while the rest is built.
    const samples = followSamples(base, store)
    const clients = await kubeClients(config, env)
    lifecycle.add(clients.close)
    const metadata = startMetadata(base, clients.objects, samples)
    const trust = createTrust({ client: clients.authentication, clock, log, flags: config.trust })
    const trusting = trust.start()
    trusting.then((stop) => lifecycle.add(stop)).catch(() => {})
    const state = stateOf(base, samples, metadata, trust)
    const handler = handlerOf(base, { samples, metadata, trust, clients, state })
    const watched = config.adminPort === 0 ? handler : await watch(base, store, samples, handler)
    const server = await serve(base, clients.objects, trust, watched)
    await trusting
    let drained: Promise<void> | undefined
    return {
      address: server.address,
      drain() {
        drained ??= drain(base, state, server)
        return drained
      },
    }
  } catch (error) {
    await lifecycle.stop()
    throw error
  }
}

/** The view, fed with records from now on. */
function followSamples({ config, clock, events, telemetry, lifecycle }: Base, store: SampleStore) {
  const { maxAgeMs, swap } = config
  lifecycle.add(() => store.close())
  const sharedClock = createSharedClock({ clock, readTime: () => store.time() })
  const view = createView({ maxAgeMs, ...createRenderers(swap) })
  const follower = createFollower({ store, sharedClock, clock, apply: view.apply, events })
  lifecycle.add(follower.start())
  const sweep = async () => view.sweep(follower.now() ?? 0)
  lifecycle.add(every({ clock, periodMs: () => sweepEveryMs, run: sweep, onError: () => {} }))
  measureView(telemetry.meter, { view, follower, now: follower.now })
  return { view, follower, now: follower.now }
}

type Samples = ReturnType<typeof followSamples>

function startMetadata({ clock, log, lifecycle }: Base, client: KubeClient, { view }: Samples) {
  const metadata = followMetadata({ client, clock, log, view })
  lifecycle.add(metadata.stop)
  return metadata
}

type Metadata = ReturnType<typeof startMetadata>

function stateOf({ config, clock, events }: Base, samples: Samples, metadata: Metadata, trust: Trust): State {
  const { view, follower, now } = samples
  return createState({
    clock,
    events,
    intervalMs: config.intervalMs,
    read: () => ({
      storeLoaded: follower.loaded(),
      storeTrouble: follower.failure() === undefined ? undefined : errorText(follower.failure()),
      nodesSynced: metadata.nodesSynced(),
      podsSynced: metadata.podsSynced(),
      trustLoaded: trust.loaded(),
      coverage: view.coverage(now() ?? 0),
      nodes: view.nodeCount(),
    }),
  })
}

type Parts = { samples: Samples; metadata: Metadata; trust: Trust; clients: KubeClients; state: State }

function handlerOf(
  { config, clock, events, telemetry }: Base,
  { samples, metadata, trust, clients, state }: Parts,
): Handler {
  const { tokenTtlMs, allowedTtlMs, deniedTtlMs, alwaysAllowPaths, mostInFlight } = config
  const isComplete = () => samples.follower.loaded() && metadata.nodesSynced() && metadata.podsSynced()
  const now = () => (isComplete() ? samples.now() : undefined)
  const health = new Map([
    ['readyz', state.readyChecks],
    ['livez', state.liveChecks],
    ['healthz', state.liveChecks],
  ])
  const reviews = createReviewMetrics(telemetry.meter, clock.mono)
  const reviewToken = createTokenReviewer({
    client: clients.authentication,
    clock,
    ttlMs: tokenTtlMs,
    metrics: reviews('token'),
  })
  const access = createAccessReviewer({
    client: clients.authorization,
    clock,
    allowedTtlMs,
    deniedTtlMs,
    metrics: reviews('access'),
  })
  const resources = createResources({ view: samples.view, clock, now })
  const allPages = new Map([...pages, ['/metrics', metricsPage(telemetry.page)]])
  return createApp({
    trustLoaded: trust.loaded,
    authenticate: createAuthenticator({ trust: trust.current, reviewToken, nowMs: () => Date.now() }),
    authorize: createAuthorizer({ access, alwaysAllowPaths }),
    answer: createRoutes({ resources, pages: allPages, health }),
    metrics: createApiMetrics(telemetry.meter),
    tracing: telemetry.tracing,
    clock,
    events,
    mostInFlight,
  })
}

/** Serves the status page, which is told of each request. */
async function watch(
  { config, clock, events, lifecycle }: Base,
  store: SampleStore,
  { view, now }: Samples,
  handler: Handler,
): Promise<Handler> {
  const { adminPort: port, intervalMs, maxAgeMs } = config
  const page = await startStatusPage({ port, store, view, now, clock, intervalMs, maxAgeMs })
  lifecycle.add(page.stop)
  events.statusPage(page.port)
  return timed(handler, clock, page.answered)
}

/** Listens, and follows what certificate to show and which CAs to name. */
async function serve(
  { config, clock, events, telemetry, lifecycle }: Base,
  client: KubeClient,
  trust: Trust,
  handler: Handler,
) {
  const read = pairReader(config.certificate, { client, clock, events })
  // Files are there or not; the API server that has the Secret may be away for a while.
  let pair = await firstPair(read, clock, 'secret' in config.certificate ? firstPairMs : 0)
  const tls = () => ({ ...pair, ...config.tls, clientCas: advertisedCas(trust.current()).join('\n') })
  const server = createServer({ tls: tls(), handler, clock, random: Math.random })
  measureConnections(telemetry.meter, server.connections)
  const address = await server.listen(config.listen.port, config.listen.address)
  events.listening(address)
  lifecycle.add(() => server.drain(0))
  trust.onChange(() => server.renew(tls()))
  const onChange = (changed: typeof pair) => {
    server.renew({ ...tls(), ...changed })
    pair = changed
    events.certificateChanged()
  }
  lifecycle.add(followPair({ clock, read, current: pair, onChange, onError: events.certificateFailed }))
  return { ...server, address }
}

async function drain(
  { config, clock, events, lifecycle }: Base,
  state: State,
  server: Server,
): Promise<void> {
  state.drain()
  await sleep(clock, config.shutdownDelayMs)
  events.draining(server.connections())
  await server.drain(mostDrainMs)
  await lifecycle.stop()
}

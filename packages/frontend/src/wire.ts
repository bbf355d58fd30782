import type { AddressInfo } from 'node:net'
import { realClock, sleep } from '@metrics-ring/common/clock'
import { errorText } from '@metrics-ring/common/errors'
import { every } from '@metrics-ring/common/every'
import { createKubeClient, type KubeClient } from '@metrics-ring/common/kube'
import { loadKubeConfig } from '@metrics-ring/common/kubeconfig'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import type { Log } from '@metrics-ring/common/log'
import { createSharedClock } from '@metrics-ring/common/shared-clock'
import { createRedisStore } from '@metrics-ring/common/store-redis'
import { createApp } from './app.ts'
import { createAuthenticator } from './authn.ts'
import { createAuthorizer } from './authz.ts'
import type { FrontendConfig } from './config.ts'
import { createEvents } from './events.ts'
import { createFollower } from './follow.ts'
import { followMetadata } from './metadata.ts'
import { pages } from './pages.ts'
import { createRenderers } from './render-items.ts'
import { createResources } from './resources.ts'
import { createRoutes } from './routes.ts'
import { createServer } from './server.ts'
import { followPair, readPair } from './serving-certificate.ts'
import { createState } from './state.ts'
import { createAccessReviewer } from './subject-access-review.ts'
import { createTokenReviewer } from './token-review.ts'
import { advertisedCas } from './trust.ts'
import { createTrust } from './trust-config.ts'
import { createView } from './view.ts'

export type RunningFrontend = {
  address: AddressInfo
  /** Fails readiness, goes on serving for a while, asks clients to leave, stops everything (SIGTERM). */
  drain(): Promise<void>
}

const sweepEveryMs = 60_000
const mostDrainMs = 60_000

/** Builds a frontend from its configuration, top to bottom. Rejects, with everything stopped, if it cannot start. */
export async function startFrontend(
  config: FrontendConfig,
  log: Log,
  env = process.env,
): Promise<RunningFrontend> {
  const clock = realClock
  const events = createEvents(log)
  const lifecycle = createLifecycle((error) => log.warn({ error: errorText(error) }, 'stopping failed'))
  try {
    // What takes longest is begun first: samples and metadata come in while the rest is built.
    const store = createRedisStore({
      url: config.redisUrl,
      ringName: config.ringName,
      intervalMs: config.intervalMs,
      onBadRecord: events.badRecord,
      log,
    })
    lifecycle.add(() => store.close())
    const sharedClock = createSharedClock({ clock, readTime: () => store.time() })
    const view = createView({ maxAgeMs: config.maxAgeMs, ...createRenderers(config.swap) })
    const follower = createFollower({ store, sharedClock, clock, apply: view.apply, events })
    lifecycle.add(follower.start())
    const clients = await kubeClients(config, env)
    for (const client of new Set(Object.values(clients))) lifecycle.add(() => client.close())
    const metadata = followMetadata({ client: clients.objects, clock, log, view })
    lifecycle.add(metadata.stop)

    const trust = createTrust({ client: clients.authentication, clock, log, flags: config.trust })
    const trusting = trust.start()
    trusting.then((stop) => lifecycle.add(stop)).catch(() => {})
    const isComplete = () => follower.loaded() && metadata.nodesSynced() && metadata.podsSynced()
    const now = () => (isComplete() ? sharedClock.now() : undefined)
    const state = createState({
      clock,
      events,
      intervalMs: config.intervalMs,
      read: () => ({
        storeLoaded: follower.loaded(),
        storeTrouble: follower.failure() === undefined ? undefined : errorText(follower.failure()),
        nodesSynced: metadata.nodesSynced(),
        podsSynced: metadata.podsSynced(),
        trustLoaded: trust.loaded(),
        coverage: view.coverage(sharedClock.now() ?? 0),
        nodes: view.nodeCount(),
      }),
    })
    const answer = createRoutes({
      resources: createResources({ view, clock, now }),
      pages,
      health: new Map([
        ['readyz', state.readyChecks],
        ['livez', state.liveChecks],
        ['healthz', state.liveChecks],
      ]),
    })
    const reviewToken = createTokenReviewer({
      client: clients.authentication,
      clock,
      ttlMs: config.tokenTtlMs,
    })
    const { allowedTtlMs, deniedTtlMs, alwaysAllowPaths, mostInFlight } = config
    const access = createAccessReviewer({ client: clients.authorization, clock, allowedTtlMs, deniedTtlMs })
    const handler = createApp({
      trustLoaded: trust.loaded,
      authenticate: createAuthenticator({ trust: trust.current, reviewToken, nowMs: () => Date.now() }),
      authorize: createAuthorizer({ access, alwaysAllowPaths }),
      answer,
      clock,
      events,
      mostInFlight,
    })

    const read = () => readPair(config.certificate)
    let pair = await read()
    const tls = () => ({ ...pair, ...config.tls, clientCas: advertisedCas(trust.current()).join('\n') })
    const server = createServer({ tls: tls(), handler, clock, random: Math.random })
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
    const sweep = async () => view.sweep(sharedClock.now() ?? 0)
    lifecycle.add(every({ clock, periodMs: () => sweepEveryMs, run: sweep, onError: () => {} }))
    await trusting
    return {
      address,
      async drain() {
        state.drain()
        await sleep(clock, config.shutdownDelayMs)
        events.draining(server.connections())
        await server.drain(mostDrainMs)
        await lifecycle.stop()
      },
    }
  } catch (error) {
    await lifecycle.stop()
    throw error
  }
}

type Clients = Record<'objects' | 'authentication' | 'authorization', KubeClient>

/** One client for each kubeconfig that differs. */
async function kubeClients(config: FrontendConfig, env: NodeJS.ProcessEnv): Promise<Clients> {
  const made = new Map<string | undefined, KubeClient>()
  async function clientOf(path: string | undefined): Promise<KubeClient> {
    const client = made.get(path) ?? createKubeClient(await loadKubeConfig(path, env))
    made.set(path, client)
    return client
  }
  return {
    objects: await clientOf(config.kubeconfig),
    authentication: await clientOf(config.authenticationKubeconfig),
    authorization: await clientOf(config.authorizationKubeconfig),
  }
}

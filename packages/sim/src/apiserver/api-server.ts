/** The whole kube-apiserver, assembled, with the knobs of a test. */
import { type CertificateAuthority, createAuthority } from '../pki.ts'
import { type AggregatorOptions, issueFrontProxyClient, startAggregator } from './aggregator/aggregator.ts'
import { localApiService } from './aggregator/register.ts'
import { createRegistration } from './aggregator/registration.ts'
import { authenticationConfig, kubernetesService, namespaceObjects } from './bootstrap.ts'
import { policyObjects } from './bootstrap-policy.ts'
import { createDiscovery } from './discovery.ts'
import { groupPriority } from './discovery-resources.ts'
import type { CutMode, Outage } from './faults.ts'
import { watchesOf, watchKnobs } from './knobs.ts'
import type { ObjectSink } from './objects.ts'
import { createPages } from './pages.ts'
import { storedGroupVersions } from './resources.ts'
import { createReviews } from './reviews.ts'
import { createRoutes } from './routes.ts'
import { type ApiServerOptions as FrontOptions, startFront } from './server.ts'

export type ApiServerOptions = FrontOptions &
  AggregatorOptions & {
    frontProxyCa: CertificateAuthority
    /** Time between bookmarks of a watch that asked for them; the real one takes about a minute. */
    bookmarkIntervalMs?: number
  }

export type ApiServer = Awaited<ReturnType<typeof startApiServer>>

export async function startApiServer(options: ApiServerOptions) {
  const front = await startFront(options)
  const { storage, faults, watches } = front
  const pages = createPages()
  const sink: ObjectSink = { apply: storage.apply, remove: storage.removeObject }
  for (const object of [...namespaceObjects(), ...policyObjects(), ...kubernetesService(front.port)]) {
    sink.apply(object)
  }
  for (const { group, version } of storedGroupVersions()) {
    sink.apply(localApiService(group, version, groupPriority(group)))
  }
  const trust = (requestHeaderCa: string) =>
    sink.apply(authenticationConfig(options.clusterCa.certPem, requestHeaderCa))
  let frontProxyCa = options.frontProxyCa
  trust(frontProxyCa.certPem)
  const aggregator = startAggregator(storage, await issueFrontProxyClient(frontProxyCa), options)

  front.handleWith(
    createRoutes({
      front,
      pages,
      discovery: createDiscovery(aggregator.versions),
      reviews: createReviews(front.tokens, front.authorizer),
      aggregation: aggregator,
      watching: { bookmarkIntervalMs: options.bookmarkIntervalMs ?? 60_000 },
    }),
  )

  return {
    url: front.url,
    port: front.port,
    storage,
    sink,
    tokens: front.tokens,
    counters: front.counters,
    authorizer: front.authorizer,
    ...watchKnobs(watches),
    ...createRegistration(storage, sink),

    /** Cuts everything, slows everything, or answers everything with one status; undefined heals. */
    setOutage(outage: Outage | undefined): void {
      faults.setOutage(outage)
      if (outage === 'down') front.breakConnections()
    },

    outage: faults.outage,
    stepClock: faults.stepClock,

    /** Partitions one user, or one of several sharing a user (see Identity), from the API server. */
    cutOff(who: string, mode: CutMode = 'reset'): void {
      faults.cutOff(who, mode)
      for (const watch of watchesOf(watches, who)) mode === 'reset' ? watch.drop() : watch.stall(true)
    },

    restore(who: string): void {
      faults.restore(who)
      for (const watch of watchesOf(watches, who)) watch.stall(false)
    },

    /** Makes every watch from an earlier version, and every further page of a list, Gone. */
    expireHistory(): void {
      storage.expireHistory()
      pages.forget()
    },

    /**
     * Makes a new front-proxy CA, publishes it (beside the old one, unless told otherwise), and uses a
     * client certificate of it once `settleMs` have passed.
     */
    async rotateFrontProxy({ keepOld = true, settleMs = 0 } = {}): Promise<void> {
      const next = await createAuthority('front-proxy-ca')
      trust(keepOld ? next.certPem + frontProxyCa.certPem : next.certPem)
      await new Promise((resolve) => setTimeout(resolve, settleMs))
      aggregator.useCertificate(await issueFrontProxyClient(next))
      frontProxyCa = next
    },

    async close(): Promise<void> {
      await aggregator.stop()
      for (const watch of watches) watch.drop()
      await front.close()
    },
  }
}

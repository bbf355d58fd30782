/** The whole kube-apiserver, assembled, with the knobs of a test. */
import type { CertificateAuthority } from '../pki.ts'
import { authenticationConfig, bootstrapObjects, kubernetesService } from './bootstrap.ts'
import { createDiscovery } from './discovery.ts'
import type { CutMode, Outage } from './faults.ts'
import { createSnapshots } from './list.ts'
import type { ObjectSink } from './objects.ts'
import { createReviews } from './reviews.ts'
import { createRoutes } from './routes.ts'
import { type ApiServerOptions as FrontOptions, startFront } from './server.ts'
import type { Watch } from './watch.ts'

export type ApiServerOptions = FrontOptions & {
  frontProxyCa: CertificateAuthority
  /** Time between bookmarks of a watch that asked for them; the real one takes about a minute. */
  bookmarkIntervalMs?: number
}

export type ApiServer = Awaited<ReturnType<typeof startApiServer>>

export async function startApiServer(options: ApiServerOptions) {
  const front = await startFront(options)
  const { storage, faults, watches } = front
  const snapshots = createSnapshots()
  const sink: ObjectSink = { apply: storage.apply, remove: storage.removeObject }
  for (const object of [...bootstrapObjects(), ...kubernetesService(front.port)]) sink.apply(object)
  sink.apply(authenticationConfig(options.clusterCa.certPem, options.frontProxyCa.certPem))

  front.handleWith(
    createRoutes({
      front,
      snapshots,
      discovery: createDiscovery(() => []),
      reviews: createReviews(front.tokens, front.authorizer),
      aggregation: { serve: async () => false, openApiV3Paths: () => ({}) },
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

    /** Cuts everything, slows everything, or answers everything with one status; undefined heals. */
    setOutage(outage: Outage | undefined): void {
      faults.setOutage(outage)
      if (outage === 'down') front.breakConnections()
    },

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
      snapshots.clear()
    },

    async close(): Promise<void> {
      for (const watch of watches) watch.drop()
      await front.close()
    },
  }
}

function watchesOf(watches: Iterable<Watch>, who: string): Watch[] {
  return [...watches].filter(({ call }) => call.client === who || call.user.name === who)
}

function watchKnobs(watches: Set<Watch>) {
  const of = (resource?: string) => [...watches].filter(({ type }) => !resource || type.resource === resource)
  return {
    /** Open watches, of one resource or of all. */
    openWatches: (resource?: string): number => of(resource).length,
    /** Ends watches as a server does on its own. */
    dropWatches(resource?: string): void {
      for (const watch of of(resource)) watch.drop()
    },
    /** Watches stay open and say nothing, as with a half-dead connection; healed, they go on. */
    stallWatches(stalled: boolean, resource?: string): void {
      for (const watch of of(resource)) watch.stall(stalled)
    },
  }
}

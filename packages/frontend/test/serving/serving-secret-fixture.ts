import { setTimeout as sleep } from 'node:timers/promises'
import { realClock } from '@metrics-ring/common/clock'
import { createKubeClient, type KubeClient } from '@metrics-ring/common/kube/kube'
import { loadKubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { type ControlPlane, startControlPlane } from '@metrics-ring/sim/control-plane'
import { type ApiServiceTrustEvents, createApiServiceTrust } from '../../src/serving/api-service-trust.ts'
import { createServer, type Server } from '../../src/serving/server.ts'
import { createServingSecret } from '../../src/serving/serving-secret.ts'
import type { ServingStep } from '../../src/serving/serving-secret-state.ts'

export const secret = { namespace: 'kube-system', name: 'metrics-ring-serving' }
export const service = { namespace: 'kube-system', name: 'metrics-server' }
export const secretPath = '/api/v1/namespaces/kube-system/secrets/metrics-ring-serving'
export const apiServicePath = (version: string) =>
  `/apis/apiregistration.k8s.io/v1/apiservices/${version}.metrics.k8s.io`
const silent: ApiServiceTrustEvents = { contested() {}, repaired() {}, failed() {} }

export type Replica = { server: Server; port: number; rotate(): void; stop(): Promise<void> }

export type ServingFixture = {
  plane: ControlPlane
  admin: KubeClient
  /** A serving secret of a replica that serves nothing. */
  sharer(options?: {
    overlapMs?: number
    onStep?: (step: ServingStep) => void
  }): ReturnType<typeof createServingSecret>
  /**
   * A replica that serves with the shared certificate and looks at it again and again. Ten seconds pass for all
   * replicas when each has looked once more and each client has ended a request, however long that takes on a busy
   * machine.
   */
  startReplica(overlapMs: number, onStep?: (step: ServingStep) => void): Promise<Replica>
  /** A client, which no rotation is to outrun: its requests take much less than ten seconds. */
  startClient(): { ended(): void; stop(): void }
  close(): Promise<void>
}

/** An API server with both APIServices as our manifests have them: no caBundle, and nothing skipped. */
export async function startServingFixture(): Promise<ServingFixture> {
  const plane = await startControlPlane()
  const admin = createKubeClient(await loadKubeConfig(plane.kubeconfigPath))
  for (const version of ['v1', 'v1beta1']) {
    plane.apiserver.registerApiService({ group: 'metrics.k8s.io', version, service, caBundle: '' })
  }
  const replicas: Replica[] = []
  const time = createSharedTime()
  const clock = { ...realClock, mono: () => time.tens() * 10_000 }
  const sharer: ServingFixture['sharer'] = ({ overlapMs = 1_000, onStep = () => {} } = {}) =>
    createServingSecret({
      client: admin,
      clock,
      nowMs: () => Date.now(),
      secret,
      names: ['metrics-server.kube-system.svc'],
      trust: createApiServiceTrust({
        client: admin,
        clock: realClock,
        services: { namespace: service.namespace, names: [service.name] },
        events: silent,
      }),
      overlapMs,
      onStep,
    })
  return {
    plane,
    admin,
    sharer,
    startClient() {
      const { done: ended, leave: stop } = time.join()
      return { ended, stop }
    },
    async startReplica(overlapMs, onStep = () => {}) {
      const timed = time.join()
      const shared = sharer({ overlapMs, onStep })
      let pair = await shared.look()
      const server = createServer({
        tls: { ...pair, clientCas: '' },
        handler(_request, response) {
          response.setHeader('content-type', 'application/json')
          response.end('{"kind":"NodeMetricsList","apiVersion":"metrics.k8s.io/v1","items":[]}')
        },
        clock: realClock,
        random: Math.random,
        connectionAgeMs: 200,
      })
      const { port } = await server.listen(0, '127.0.0.1')
      let stopped = false
      const loop = async () => {
        while (!stopped) {
          const next = await shared.look().catch(() => pair)
          if (next.cert !== pair.cert) server.renew({ ...next, clientCas: '' })
          pair = next
          const now = time.tens()
          timed.done()
          while (!stopped && time.tens() === now) await sleep(5)
          await sleep(20)
        }
      }
      const looping = loop()
      const replica: Replica = {
        server,
        port,
        rotate: shared.rotate,
        async stop() {
          stopped = true
          await looping
          await server.drain(0)
        },
      }
      replicas.push(replica)
      const endpoints = replicas.map((each) => ({ port: each.port }))
      plane.apiserver.setEndpoints(service.namespace, service.name, endpoints)
      return replica
    },
    async close() {
      await Promise.all(replicas.map((each) => each.stop()))
      await admin.close()
      await plane.close()
    },
  }
}

/** Time that passes, ten seconds at once, when everybody who takes part has done something since it last did. */
function createSharedTime() {
  const all = new Set<object>()
  const done = new Set<object>()
  let tens = 0
  const pass = () => {
    if (done.size < all.size) return
    tens++
    done.clear()
  }
  return {
    tens: () => tens,
    join() {
      const self = {}
      all.add(self)
      return {
        done() {
          done.add(self)
          pass()
        },
        leave() {
          all.delete(self)
          done.delete(self)
          pass()
        },
      }
    },
  }
}

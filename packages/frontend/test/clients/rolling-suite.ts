import { setTimeout as sleep } from 'node:timers/promises'
import { serviceAccounts } from '@metrics-ring/sim/apiserver/bootstrap-policy'
import { expect } from 'chai'
import type { Installation } from '../contract/installation.ts'
import { createHttpClient } from './http.ts'
import { startLoad } from './load.ts'

const perSecond = 200
const readyMs = 30_000

/** The frontends need a --shutdown-delay-duration above the period at which endpoints are probed. */
export function rollingSuite(installation: () => Installation, { rounds }: { rounds: number }): void {
  it(`a rolling restart of two frontends under ${perSecond} requests a second shows nothing but 200`, async () => {
    const { cluster, deployment } = installation()
    const [pod] = cluster.model.pods()
    const selector = encodeURIComponent(`app.kubernetes.io/name=${pod?.workload.name}`)
    const paths = ['v1', 'v1beta1'].flatMap((version) => {
      const api = `/apis/metrics.k8s.io/${version}`
      return [
        `${api}/namespaces/${pod?.namespace}/pods?labelSelector=${selector}`,
        ...[
          `${api}/nodes`,
          `${api}/nodes/${pod?.node}`,
          `${api}/namespaces/${pod?.namespace}/pods?limit=5`,
          api,
        ],
      ]
    })
    const load = startLoad(cluster.serviceAccountKubeconfig(serviceAccounts.viewer), paths, perSecond)
    try {
      await sleep(1_000)
      for (let round = 0; round < rounds; round++) await rollOver(installation())
      await sleep(1_000)
    } finally {
      const answers = await load.stop()
      expect(Object.fromEntries(answers)).to.deep.equal({ 200: load.sent() })
    }
    expect(deployment.frontends()).to.have.length(2)
  })
}

async function rollOver({ deployment }: Installation): Promise<void> {
  for (const old of deployment.frontends()) {
    old.signal('SIGTERM')
    await old.exited
    const fresh = deployment.restartFrontend(old)
    const deadlineMs = Date.now() + readyMs
    while (!(await isReady(fresh.port))) {
      if (Date.now() > deadlineMs) throw new Error(`${fresh.name} is not ready`)
      await sleep(100)
    }
    // Time for the endpoints to follow.
    await sleep(1_000)
  }
}

async function isReady(port: number): Promise<boolean> {
  const client = createHttpClient({ url: `https://127.0.0.1:${port}` })
  try {
    return (await client.get('/readyz')).status === 200
  } catch {
    return false
  } finally {
    client.close()
  }
}

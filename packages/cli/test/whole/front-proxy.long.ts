import { setTimeout as sleep } from 'node:timers/promises'
import { createKubeClient, type KubeClient } from '@metrics-ring/common/kube/kube'
import { loadKubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { expect } from 'chai'
import { complete, type Installation, install, until } from './installation.ts'

/** Frontends look every 10 s; the aggregation layer's own connections are made anew with the new certificate. */
const settleMs = 20_000

describe('a front-proxy CA that is swapped', function () {
  this.timeout(180_000)
  let installation: Installation
  let admin: KubeClient
  let pids: number[]
  before(async () => {
    installation = await install({ nodes: 4, podsPerNode: 3, shards: 1, frontends: 2 })
    await complete(installation)
    admin = createKubeClient(await loadKubeConfig(installation.cluster.kubeconfigPath))
    pids = running()
  })
  after(async () => {
    await admin?.close()
    await installation?.stop()
  })

  const running = () => installation.deployment.frontends().map(({ pid }) => pid)
  async function list(): Promise<string> {
    const { status, body } = await admin.request('GET', '/apis/metrics.k8s.io/v1beta1/pods')
    const items = (body as { items?: unknown[] }).items?.length ?? 0
    return status === 200 && items === 12
      ? ''
      : `${status}, ${items} pods, ${JSON.stringify(body).slice(0, 200)}`
  }
  /** Four clients list without a pause while `change` runs, and for a moment after it. */
  async function underLoad(change: () => Promise<void>) {
    const failures: string[] = []
    let requests = 0
    let stopped = false
    const load = Array.from({ length: 4 }, async () => {
      while (!stopped) {
        const failure = await list().catch(String)
        requests++
        if (failure !== '') failures.push(failure)
        await sleep(20)
      }
    })
    await change()
    await sleep(3_000)
    stopped = true
    await Promise.all(load)
    return { requests, failures }
  }

  it('beside the old one costs no request, twice in a row', async () => {
    const { apiserver } = installation.cluster
    const { requests, failures } = await underLoad(async () => {
      await apiserver.rotateFrontProxy({ settleMs })
      await apiserver.rotateFrontProxy({ settleMs })
    })
    console.log(`      ${requests} requests`)
    expect(failures.slice(0, 3)).to.deep.equal([])
    expect(requests).to.be.greaterThan(500)
    expect(running(), 'nothing was restarted').to.deep.equal(pids)
  })

  it('without overlap is believed within 60 s, without a restart', async () => {
    const { apiserver } = installation.cluster
    // What stands between the two CAs is refused until the frontends have looked.
    await apiserver.rotateFrontProxy({ keepOld: false })
    const tookMs = await until(async () => [await list()].filter(Boolean), 60_000, 200)
    console.log(`      after ${(tookMs / 1000).toFixed(1)} s`)
    const { failures } = await underLoad(() => sleep(2_000))
    expect(failures.slice(0, 3)).to.deep.equal([])
    expect(running(), 'nothing was restarted').to.deep.equal(pids)
  })
})

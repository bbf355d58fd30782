import { setTimeout as sleep } from 'node:timers/promises'
import { type Sync, syncOnce, warmUp } from '@metrics-ring/cli/story-hpa'
import { createHpaClient, type HpaClient, hpaAccount } from '@metrics-ring/cli/story-hpa-client'
import { deployScaledWorkload, loseOneScrape, type ScaledWorkload } from '@metrics-ring/cli/story-hpa-cluster'
import { desiredReplicas, type HpaPod, type PodCpu } from '@metrics-ring/cli/story-hpa-replicas'
import { expect } from 'chai'
import { type Installation, startInstallation } from '../contract/installation.ts'

describe('an HPA of ten pods on two nodes, at 1.5 times its target,', function () {
  this.timeout(90_000)
  let installation: Installation
  let client: HpaClient
  let workload: ScaledWorkload
  before(async () => {
    installation = await startInstallation({
      nodes: 2,
      podsPerNode: 2,
      prepare(cluster) {
        workload = deployScaledWorkload(cluster, 3_000)
      },
    })
    const { cluster } = installation
    client = createHpaClient(cluster.serviceAccountKubeconfig(hpaAccount))
    await warmUp(cluster, client, workload, sleep)
  })
  after(async () => {
    client?.close()
    await installation?.stop()
  })
  const replicas = ({ ring, metricsServer }: Sync) =>
    [ring, metricsServer].map((each) => 'replicas' in each && each.replicas)

  it('reads all ten of them in protobuf, by its selector alone', async () => {
    const { namespace, selector } = workload
    const items = await client.list(namespace, selector)
    expect(items.map(({ name }) => name)).to.have.members(workload.pods().map(({ name }) => name))
    for (const { containers, timestampMs, windowMs } of items) {
      expect(containers.map(({ name }) => name)).to.deep.equal(['app'])
      expect(containers[0]?.usage.get('cpu')).to.match(/^\d+[num]?$/)
      expect(windowMs).to.be.greaterThan(1_000)
      expect(Date.now() - timestampMs).to.be.greaterThan(0)
    }
    expect(await client.list(namespace, `${selector},!app.kubernetes.io/name`)).to.deep.equal([])
    expect(await client.list(namespace, 'app.kubernetes.io/part-of notin (story),tier')).to.deep.equal([])
  })

  it('may list pods of metrics.k8s.io and nothing else of it', async () => {
    const refused = await client.list('story', 'a in (b').catch((error: Error) => error.message)
    expect(refused).to.match(/^unable to fetch metrics from resource metrics API: 400 k8s\0/)
  })

  it('asks for 15 replicas also right after a scrape of one node is lost, and metrics-server would have it wait', async () => {
    const { cluster } = installation
    expect(replicas(await syncOnce(cluster, client, workload))).to.deep.equal([15, 15])
    await loseOneScrape(cluster, workload.nodes.unlucky, sleep)
    expect(replicas(await syncOnce(cluster, client, workload))).to.deep.equal([15, 10])
  })
})

describe('the replica formula of the HPA', () => {
  const nowMs = 1_000_000_000
  const pods = (count: number): HpaPod[] =>
    Array.from({ length: count }, (_, n) => ({
      ...{ name: `p${n}`, phase: 'Running', startMs: nowMs - 3_600_000 },
      ...{ ready: true, readySinceMs: nowMs - 3_500_000 },
    }))
  const metrics = (millicores: number[]): Map<string, PodCpu> =>
    new Map(
      millicores.map((each, n) => [
        `p${n}`,
        { millicores: each, timestampMs: nowMs - 5_000, windowMs: 15_000 },
      ]),
    )
  const decide = (count: number, used: number[]) =>
    desiredReplicas(pods(count), metrics(used), 100, nowMs).replicas

  it('follows the mean beyond a tolerance of a tenth', () => {
    expect(decide(10, new Array(10).fill(150))).to.equal(15)
    expect(decide(10, new Array(10).fill(50))).to.equal(5)
    expect(decide(10, new Array(10).fill(109))).to.equal(10)
  })

  it('takes missing pods for idle when scaling up, and for right when scaling down', () => {
    expect(decide(10, new Array(5).fill(150))).to.equal(10)
    expect(decide(10, new Array(5).fill(400))).to.equal(20)
    expect(decide(10, new Array(5).fill(50))).to.equal(8)
  })

  it('leaves young pods out until their window lies behind their readiness', () => {
    const young = pods(2).map((pod) => ({ ...pod, startMs: nowMs - 40_000, readySinceMs: nowMs - 10_000 }))
    expect(() => desiredReplicas(young, metrics([300, 300]), 100, nowMs)).to.throw('did not receive metrics')
    expect(() => desiredReplicas(young, new Map(), 100, nowMs)).to.throw('no metrics returned')
  })
})

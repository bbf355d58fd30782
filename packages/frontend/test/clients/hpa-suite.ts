import { setTimeout as sleep } from 'node:timers/promises'
import { type Sync, syncOnce, warmUp } from '@metrics-ring/cli/story/hpa'
import { createHpaClient, type HpaClient, hpaAccount } from '@metrics-ring/cli/story/hpa-client'
import { loseOneScrape, type ScaledWorkload } from '@metrics-ring/cli/story/hpa-cluster'
import { expect } from 'chai'
import type { Installation } from '../contract/installation.ts'

/** @param workload deployed before the installation was complete */
export function hpaSuite(installation: () => Installation, workload: () => ScaledWorkload): void {
  let client: HpaClient
  before(async () => {
    const { cluster } = installation()
    client = createHpaClient(cluster.serviceAccountKubeconfig(hpaAccount))
    await warmUp(cluster, client, workload(), sleep)
  })
  after(() => client?.close())
  const replicas = ({ ring, metricsServer }: Sync) =>
    [ring, metricsServer].map((each) => 'replicas' in each && each.replicas)

  it('reads all ten of them in protobuf, by its selector alone', async () => {
    const { namespace, selector } = workload()
    const items = await client.list(namespace, selector)
    expect(items.map(({ name }) => name)).to.have.members(
      workload()
        .pods()
        .map(({ name }) => name),
    )
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
    const { cluster } = installation()
    expect(replicas(await syncOnce(cluster, client, workload()))).to.deep.equal([15, 15])
    await loseOneScrape(cluster, workload().nodes.unlucky, sleep)
    expect(replicas(await syncOnce(cluster, client, workload()))).to.deep.equal([15, 10])
  })
}

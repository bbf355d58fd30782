import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { complete, type Installation, install } from './installation.ts'

/** `--max-sample-age` at an interval of 3 s. */
const maxAgeMs = 60_000

describe('metrics-ring as real processes, with a kubelet that is gone', function () {
  this.timeout(240_000)
  let installation: Installation
  let victim: string

  before(async () => {
    installation = await install({ nodes: 6, podsPerNode: 4, sampling: 'cri', shards: 2, frontends: 1 })
    await complete(installation)
    victim = installation.cluster.model.nodes()[0]?.name as string
  })
  after(() => installation?.stop())

  const isServed = async () => (await installation.api.names('nodes')).has(victim)

  it('serves the node to the age bound and 2 s, within 1 s, and again once it is back', async () => {
    const { kubelets, model } = installation.cluster
    await kubelets.setFault(victim, { kind: 'refuse' })
    const requests = kubelets.requests(victim).filter(({ answered }) => answered)
    const dueMs = (requests.at(-1)?.atMs ?? 0) + maxAgeMs + 2_000
    while (await isServed()) await sleep(100)
    expect(Date.now()).to.be.within(dueMs - 1_000, dueMs + 1_000)
    const others = await installation.api.names('nodes')
    expect([...others].sort()).to.deep.equal(
      model
        .nodes()
        .map(({ name }) => name)
        .filter((name) => name !== victim),
    )
    await kubelets.setFault(victim, undefined)
    await complete(installation)
  })
})

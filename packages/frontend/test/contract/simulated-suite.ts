import { setTimeout as sleep } from 'node:timers/promises'
import { serviceAccounts } from '@metrics-ring/sim/apiserver/bootstrap-policy'
import { expect } from 'chai'
import { type Context, complaint, printed } from './context.ts'
import type { Installation } from './installation.ts'
import { createKubectl } from './kubectl.ts'
import { readTable } from './tables.ts'

/** What needs a cluster that can be changed. To be run last: it adds what has no samples. */
export function simulatedSuite(context: () => Context, installation: () => Installation): void {
  const as = (kubeconfig: string) => createKubectl({ kubeconfig, cacheDir: installation().dir })

  it('lets a ServiceAccount with the view role read, and one without not', async () => {
    const { cluster } = installation()
    const viewer = await as(cluster.serviceAccountKubeconfig(serviceAccounts.viewer))
    expect(readTable(await printed(viewer('top', 'node'))).rows).to.have.length(cluster.model.nodes().length)
    const other = await as(cluster.serviceAccountKubeconfig('default:other'))
    expect(await complaint(other('top', 'pod', '-A'))).to.include(
      'pods.metrics.k8s.io is forbidden: User "system:serviceaccount:default:other" cannot list resource "pods" in API group "metrics.k8s.io" at the cluster scope',
    )
  })

  it('tells a pod without samples from one that is not there', async () => {
    const { kubectl } = context()
    const { model } = installation().cluster
    const { namespace, name } = model.createPod({ namespace: 'fresh' })
    const pending = model.createPod({ namespace: 'fresh', phase: 'Pending' })
    const get = (pod: string) => complaint(kubectl('get', 'podmetrics', pod, '-n', namespace))
    const noSamples = `Error from server (NotFound): podmetrics.metrics.k8s.io "${namespace}/${name}" not found`
    await expectSoon(() => get(name), noSamples)
    expect(await get(pending.name)).to.equal(`Error from server (NotFound): pods "${pending.name}" not found`)
    expect(await complaint(kubectl('top', 'pod', '-n', namespace))).to.equal(
      'error: metrics not available yet',
    )
  })

  it('tells a node without samples from one that is not there', async () => {
    const { kubectl } = context()
    const { name } = await installation().cluster.model.addNode()
    const noSamples = `Error from server (NotFound): nodemetrics.metrics.k8s.io "${name}" not found`
    await expectSoon(() => complaint(kubectl('get', 'nodemetrics', name)), noSamples)
    const { rows } = readTable(await printed(kubectl('top', 'node')))
    expect(rows.find(([each]) => each === name)).to.deep.equal([name, ...new Array(4).fill('<unknown>')])
  })
}

/** Both frontends hear of it, sooner or later. */
async function expectSoon(ask: () => Promise<string>, answer: string): Promise<void> {
  let last = ''
  for (let inARow = 0, tries = 0; inARow < 4 && tries < 50; tries++) {
    last = await ask()
    inARow = last === answer ? inARow + 1 : 0
    if (inARow === 0) await sleep(100)
  }
  expect(last).to.equal(answer)
}

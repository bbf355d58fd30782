import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKubeClient, type KubeClient } from '@metrics-ring/common/kube/kube'
import { loadKubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { expect } from 'chai'
import type { Extension } from '../../packages/sim/test/apiserver/extension.ts'
import { type Playground, startPlayground, until } from './playground.ts'
import { kustomizeText } from './render.ts'
import { standIn } from './stand-in.ts'

/** The commands are those of docs/migrate.md. */
const apiService = ['patch', 'apiservice', 'v1beta1.metrics.k8s.io', '--type=merge', '-p']
const toUs = '{"spec":{"service":{"name":"metrics-ring"}}}'
const back = '{"spec":{"service":{"name":"metrics-server"},"caBundle":null,"insecureSkipTLSVerify":true}}'
const selector =
  '[{"op":"replace","path":"/spec/selector","value":{"app.kubernetes.io/name":"metrics-ring","metrics-ring.io/serves":"metrics-api"}}]'

/** What a frontend says of itself to anybody. */
function readiness(host: string): Promise<string> {
  const options = { host, port: 10250, path: '/readyz?verbose', rejectUnauthorized: false, agent: false }
  return new Promise((resolve, reject) => {
    request(options, (response) => resolve(text(response)))
      .on('error', reject)
      .end()
  })
}

describe('moving from metrics-server', function () {
  this.timeout(60_000)
  let playground: Playground
  let extension: Extension
  let client: KubeClient
  let listing: { requests: number; gaps: string[]; stop(): Promise<void> }
  before(async () => {
    playground = await startPlayground()
    extension = await standIn(playground)
    client = createKubeClient(await loadKubeConfig(playground.cluster.kubeconfigPath))
    await until(async () => list().then((fault) => fault ?? ''), 20_000)
    listing = keepListing()
  })
  after(async () => {
    await listing?.stop()
    await client?.close()
    await playground.stop()
    await extension?.close()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.log(playground.logs())
    expect(listing.gaps.slice(0, 5)).to.deep.equal([])
  })

  /** What is wrong with the list of nodes; undefined: nothing. */
  async function list(): Promise<string | undefined> {
    const { status, body } = await client.request('GET', '/apis/metrics.k8s.io/v1beta1/nodes')
    const names = (body as { items?: { metadata: { name: string } }[] })?.items?.map(
      (each) => each.metadata.name,
    )
    const missing = playground.cluster.model.nodes().filter(({ name }) => !names?.includes(name))
    if (status === 200 && missing.length === 0) return undefined
    return status === 200 ? `${missing.length} nodes missing` : `${status} ${JSON.stringify(body)}`
  }
  /** A client that lists ten times a second. */
  function keepListing() {
    const result = { requests: 0, gaps: [] as string[] }
    let stopped = false
    const loop = (async () => {
      while (!stopped) {
        const fault = await list().catch(String)
        result.requests++
        if (fault !== undefined) result.gaps.push(fault)
        await sleep(100)
      }
    })()
    const stop = async () => {
      stopped = true
      await loop
    }
    return Object.assign(result, { stop })
  }
  async function servedByUs(): Promise<boolean> {
    const { body } = await client.request('GET', '/apis/metrics.k8s.io/v1beta1/nodes')
    const [item] = (body as { items: { usage: { cpu: string } }[] }).items
    return item?.usage.cpu !== '1'
  }
  const trust = () =>
    playground.kubectl('get', 'apiservice', 'v1beta1.metrics.k8s.io', '-o', 'jsonpath={.spec.caBundle}')

  it('begins beside it: ready, and asked by nobody', async () => {
    await playground.apply(await kustomizeText('../migrate/sharded'))
    await playground.played.reconcile()
    await until(async () => {
      const waiting = playground.played.pods().filter(({ ready }) => !ready)
      return waiting.map(({ name }) => `${name} is not ready`).join(', ')
    }, 40_000)
    const { length } = playground.cluster.model.nodes()
    await until(async () => {
      const frontends = playground.played.pods().filter(({ container }) => container.name === 'frontend')
      const told = await Promise.all(frontends.map(({ address }) => readiness(address)))
      return told.every((each) => each.includes(`samples of ${length} of ${length} nodes`)) ? '' : told.join()
    }, 20_000)
    expect(await servedByUs()).to.equal(false)
    expect(await trust()).to.equal('')
  })

  it('switches the APIService, and back, and again', async () => {
    await playground.kubectl(...apiService, toUs)
    await until(async () => ((await servedByUs()) ? '' : 'still the other'), 10_000)
    await playground.kubectl(...apiService, back)
    await until(async () => ((await servedByUs()) ? 'still ours' : ''), 10_000)
    await playground.kubectl(...apiService, toUs)
    await until(async () => ((await trust()) ? '' : 'nobody verifies us'), 20_000)
    expect(await servedByUs()).to.equal(true)
  })

  it('ends with the name that metrics-server had', async () => {
    const { kubectl, apply, played } = playground
    await kubectl('patch', 'service', 'metrics-server', '-n', 'kube-system', '--type=json', '-p', selector)
    const slices = [
      'get',
      'endpointslices',
      '-n',
      'kube-system',
      '-l',
      'kubernetes.io/service-name=metrics-server',
    ]
    await until(async () => {
      const ports = await kubectl(...slices, '-o', 'jsonpath={.items[*].ports[0].port}')
      return ports === '10250 10250' ? '' : `endpoints on ${ports}`
    }, 10_000)
    await apply(await kustomizeText('sharded'))
    // The frontends are rolled over: from now on they have APIServices of the other Service trust them.
    await played.reconcile()
    await kubectl('delete', 'service', 'metrics-ring', '-n', 'kube-system')
    expect(await servedByUs()).to.equal(true)
    // kubectl keeps what it has read of discovery, also from a moment between two APIServices, until this.
    await until(async () => {
      await kubectl('api-resources')
      const rows = await kubectl('top', 'nodes', '--no-headers')
      return /m +\d+%/.test(rows) ? '' : rows
    }, 20_000)
    console.log(`      ${listing.requests} lists`)
  })
})

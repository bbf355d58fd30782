import { expect } from 'chai'
import type { Item, List } from '../contract/context.ts'
import type { Installation } from '../contract/installation.ts'
import { keyOf } from '../contract/observe.ts'
import { billionths } from '../contract/quantities.ts'
import { listOf, objectOf, opened } from '../protobuf-decoder.ts'
import { createHttpClient, type HttpClient, readAccess } from './http.ts'

const api = '/apis/metrics.k8s.io/v1beta1'

/** The clients of wire.md section 5, each with its own requests, user and headers, through the aggregation layer. */
export function readersSuite(installation: () => Installation): void {
  const open: HttpClient[] = []
  after(() => {
    for (const client of open) client.close()
  })
  /** A ServiceAccount that may read metrics. */
  function account(name: string, userAgent: string): HttpClient {
    const { cluster } = installation()
    cluster.apiserver.sink.apply(readerBinding(name))
    const client = createHttpClient(readAccess(cluster.serviceAccountKubeconfig(name)))
    open.push(client)
    const get: HttpClient['get'] = (path, headers) =>
      client.get(path, { 'user-agent': userAgent, ...headers })
    return { ...client, get }
  }
  const running = () => {
    const pods = installation().cluster.model.pods()
    return pods.filter(({ phase }) => phase === 'Running')
  }
  const keysOf = (pods: readonly { namespace: string; name: string }[]) =>
    pods.map(({ namespace, name }) => `${namespace}/${name}`)

  it('VPA recommender: lists all pods without limit and selector, and finds a usage for every container', async () => {
    const vpa = account('kube-system:vpa-recommender', 'recommender/v0.0.0 (linux/amd64)')
    const accept = 'application/vnd.kubernetes.protobuf,application/json'
    const { status, headers, bytes } = await vpa.get(`${api}/pods`, { accept })
    expect([status, headers['content-type']]).to.deep.equal([200, 'application/vnd.kubernetes.protobuf'])
    const pods = listOf(opened(bytes).message as Buffer).items.map(objectOf)
    expect(pods.map(({ head }) => keyOf(head))).to.have.members(keysOf(running()))
    for (const { head, windowNanos, pod } of pods) {
      expect(Number(windowNanos)).to.be.greaterThan(0)
      const found = installation().cluster.model.pod(head.metadata.namespace ?? '', head.metadata.name ?? '')
      const { containers } = pod()
      expect(containers.map(({ name }) => name)).to.have.members(
        found.containers.map(({ template }) => template.name),
      )
      for (const { usage } of containers) expect(usage).to.include.keys('cpu', 'memory')
    }
  })

  it('k9s: asks whether it may, and follows pages of 500 to the end, though pods go meanwhile', async () => {
    const k9s = account('default:k9s', 'k9s/v0.50 (linux/amd64)')
    const review = { resourceAttributes: { verb: 'list', group: 'metrics.k8s.io', resource: 'pods' } }
    const may = await k9s.send(
      'POST',
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      { 'content-type': 'application/json' },
      JSON.stringify({ spec: review }),
    )
    expect(JSON.parse(may.text).status.allowed).to.equal(true)
    const accept = 'application/vnd.kubernetes.protobuf,application/json'
    const before = keysOf(running())
    const seen: string[] = []
    let next = ''
    let pages = 0
    do {
      const query = new URLSearchParams({ limit: '500', ...(next && { continue: next }) })
      const { status, bytes } = await k9s.get(`${api}/pods?${query}`, { accept })
      expect(status).to.equal(200)
      const page = listOf(opened(bytes).message as Buffer)
      seen.push(...page.items.map((item) => keyOf(objectOf(item).head)))
      next = page.continue ?? ''
      pages++
      const [namespace = '', name = ''] = (seen.at(-1) ?? '').split('/')
      if (pages === 1) installation().cluster.model.deletePod(namespace, name)
    } while (next)
    expect(pages)
      .to.equal(Math.ceil(before.length / 500))
      .and.above(1)
    expect(seen).to.deep.equal(seen.toSorted((a, b) => Buffer.compare(orderOf(a), orderOf(b))))
    expect(new Set(seen).size).to.equal(seen.length)
    expect(seen).to.have.members(before)
  })

  it('descheduler: gets one node after the other, and single pods', async () => {
    const descheduler = account('kube-system:descheduler', 'descheduler/v0.34 (linux/amd64)')
    const accept = 'application/vnd.kubernetes.protobuf,application/json'
    for (const { name } of installation().cluster.model.nodes()) {
      const { status, bytes } = await descheduler.get(`${api}/nodes/${name}`, { accept })
      expect(status).to.equal(200)
      const node = objectOf(opened(bytes).message as Buffer)
      expect(node.head.metadata.name).to.equal(name)
      expect(node.node().usage).to.include.keys('cpu', 'memory')
    }
    for (const { namespace, name } of running().slice(0, 5)) {
      const { bytes } = await descheduler.get(`${api}/namespaces/${namespace}/pods/${name}`, { accept })
      for (const { usage } of objectOf(opened(bytes).message as Buffer).pod().containers) {
        expect(usage).to.include.keys('cpu', 'memory')
      }
    }
  })

  it('dashboard scraper: lists nodes and pods without parameters', async () => {
    const scraper = account('kubernetes-dashboard:metrics-scraper', 'dashboard-metrics-scraper/1.2')
    for (const resource of ['nodes', 'pods']) {
      const { status, headers, text } = await scraper.get(`${api}/${resource}`, {
        accept: 'application/json, */*',
      })
      expect([status, headers['content-type']]).to.deep.equal([200, 'application/json'])
      const { items } = JSON.parse(text) as List
      const wanted =
        resource === 'nodes'
          ? installation()
              .cluster.model.nodes()
              .map(({ name }) => name)
          : keysOf(running())
      expect(items.map(keyOf)).to.include.members(wanted)
      for (const { usage, containers = [] } of items) {
        const usages = usage ? [usage] : containers.map((each) => each.usage)
        for (const each of usages) expect(billionths(each.memory ?? '') >= 0n).to.equal(true)
      }
    }
  })

  it('Headlamp: loads pages of its own size, as a browser that likes to read', async () => {
    const headlamp = account('default:headlamp', 'Mozilla/5.0 (X11; Linux x86_64)')
    const first = await headlamp.get(`${api}/pods?limit=7`, { accept: '*/*' })
    const page = JSON.parse(first.text) as List
    expect(page.items).to.have.length(7)
    expect(page.metadata.remainingItemCount).to.be.at.least(1)
    const query = new URLSearchParams({ limit: '7', continue: page.metadata.continue ?? '' })
    const second = JSON.parse((await headlamp.get(`${api}/pods?${query}`)).text) as List
    const places = [...page.items, ...second.items].map(keyOf)
    expect(new Set(places).size).to.equal(14)
  })

  it('client-node: accepts anything, reads every body as JSON and only 200 as good', async () => {
    const script = account('default:script', 'node-fetch')
    const all = await script.get(`${api}/nodes`, { accept: '*/*', 'accept-encoding': 'gzip,deflate' })
    expect([all.status, all.headers['content-type']]).to.deep.equal([200, 'application/json'])
    expect((JSON.parse(all.text) as List).items.map(({ metadata }) => metadata.name)).to.not.have.length(0)
    for (const [path, code] of [
      [`${api}/nodes/none`, 404],
      [`${api}/namespaces/none/pods/none`, 404],
      [`${api}/none`, 403],
      [`${api}/pods?fieldSelector=x`, 400],
    ] as const) {
      const { status, text } = await script.get(path, { accept: '*/*' })
      expect([status, JSON.parse(text).code]).to.deep.equal([code, code])
    }
  })

  it('load-watcher: lists nodes and gets one of them', async () => {
    const watcher = account('kube-system:load-watcher', 'load-watcher/0.2')
    const { items } = JSON.parse((await watcher.get(`${api}/nodes`)).text) as List
    const one = JSON.parse((await watcher.get(`${api}/nodes/${items[0]?.metadata.name}`)).text) as Item
    expect(one.metadata.name).to.equal(items[0]?.metadata.name)
  })

  it('garbage collector and Argo CD: find the group in aggregated discovery, with verbs get and list only', async () => {
    const argo = account('argocd:argocd-application-controller', 'argocd/v3')
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'
    const { headers, text } = await argo.get('/apis', { accept })
    expect(headers['content-type']).to.include('as=APIGroupDiscoveryList')
    const groups = JSON.parse(text).items as { metadata: { name: string }; versions: DiscoveredVersion[] }[]
    const { versions = [] } = groups.find(({ metadata }) => metadata.name === 'metrics.k8s.io') ?? {}
    expect(versions.map(({ version, freshness }) => `${version} ${freshness}`)).to.deep.equal([
      'v1 Current',
      'v1beta1 Current',
    ])
    for (const { resources } of versions) {
      for (const { verbs } of resources) expect(verbs).to.deep.equal(['get', 'list'])
    }
  })
}

type DiscoveredVersion = { version: string; freshness: string; resources: { verbs: string[] }[] }

/** Namespace and name compared as the list is ordered: a separator below all letters. */
function orderOf(key: string): Buffer {
  return Buffer.from(key.replace('/', '\0'))
}

function readerBinding(account: string) {
  const [namespace = '', name = ''] = account.split(':')
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `reads-metrics:${account}` },
    roleRef: {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: 'system:aggregated-metrics-reader',
    },
    subjects: [{ kind: 'ServiceAccount', namespace, name }],
  }
}

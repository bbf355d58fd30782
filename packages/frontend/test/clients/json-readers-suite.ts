import { expect } from 'chai'
import type { Item, List } from '../contract/context.ts'
import type { Installation } from '../contract/installation.ts'
import { keyOf } from '../contract/observe.ts'
import { billionths } from '../contract/quantities.ts'
import { createAccounts, runningPods } from './accounts.ts'

const api = '/apis/metrics.k8s.io/v1beta1'

/** The clients that read JSON, each with its own requests, user and headers. */
export function jsonReadersSuite(installation: () => Installation): void {
  const accounts = createAccounts(installation)
  after(accounts.close)

  it('dashboard scraper: lists nodes and pods without parameters', async () => {
    const scraper = accounts.open('kubernetes-dashboard:metrics-scraper', 'dashboard-metrics-scraper/1.2')
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
          : runningPods(installation())
      expect(items.map(keyOf)).to.include.members(wanted)
      for (const { usage, containers = [] } of items) {
        const usages = usage ? [usage] : containers.map((each) => each.usage)
        for (const each of usages) expect(billionths(each.memory ?? '') >= 0n).to.equal(true)
      }
    }
  })

  it('Headlamp: loads pages of its own size, as a browser that likes to read', async () => {
    const headlamp = accounts.open('default:headlamp', 'Mozilla/5.0 (X11; Linux x86_64)')
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
    const script = accounts.open('default:script', 'node-fetch')
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
    const watcher = accounts.open('kube-system:load-watcher', 'load-watcher/0.2')
    const { items } = JSON.parse((await watcher.get(`${api}/nodes`)).text) as List
    const one = JSON.parse((await watcher.get(`${api}/nodes/${items[0]?.metadata.name}`)).text) as Item
    expect(one.metadata.name).to.equal(items[0]?.metadata.name)
  })

  it('garbage collector and Argo CD: find the group in aggregated discovery, with verbs get and list only', async () => {
    const argo = accounts.open('argocd:argocd-application-controller', 'argocd/v3')
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

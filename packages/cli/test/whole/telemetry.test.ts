import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { ServiceProcess } from '@metrics-ring/cli/demo/process'
import { prometheusName } from '@metrics-ring/common/telemetry/metric'
import { type Family, readExposition } from '@metrics-ring/common/testing/exposition'
import { expect } from 'chai'
import { metricSections, spanSections, type Tier } from '../../../../scripts/telemetry/catalog.ts'
import { type Collector, startCollector } from './collector.ts'
import { complete, type Installation, install, settled, until } from './installation.ts'

const podsPerNode = 5
const nodes = 8

describe('the telemetry of real processes', function () {
  this.timeout(120_000)
  let installation: Installation
  let collector: Collector
  let standalone: ServiceProcess
  const tokens = { reader: '', stranger: '' }

  before(async () => {
    collector = await startCollector()
    installation = await install({ nodes, podsPerNode, shards: 2, frontends: 1, env: collector.env })
    const { cluster, kubectl } = installation
    standalone = await installation.deployment.addStandalone()
    tokens.reader = cluster.apiserver.tokens.issueForServiceAccount('monitoring:prometheus')
    tokens.stranger = cluster.apiserver.tokens.issueForServiceAccount('default:somebody')
    const rights = join(cluster.dir, 'metrics-reader.json')
    writeFileSync(rights, JSON.stringify(metricsReader))
    const { ok, stderr } = await kubectl('apply', '--validate=false', '-f', rights)
    expect(ok, stderr).to.equal(true)
    await complete(installation)
    await settled(installation)
  })
  after(async () => {
    await installation?.stop()
    await collector?.stop()
  })
  const [shardPort, frontendPort] = [
    () => installation.deployment.shards().map(({ port }) => port),
    () => installation.deployment.frontends()[0]?.port ?? 0,
  ]

  it('has a shard answer /metrics with what the reference lists, and in the format of Prometheus', async () => {
    const pages = await Promise.all(shardPort().map(shardMetrics))
    for (const page of pages) expect(unlisted(page, 'shard')).to.deep.equal([])
    expect(missing(pages[0] as Page, 'shard')).to.deep.equal([])
    expect(sum(pages, 'metrics_ring_claims', { kind: 'own' })).to.equal(nodes)
    expect(sum(pages, 'metrics_ring_nodes', { state: 'ok' })).to.equal(nodes)
    expect(sum(pages, 'metrics_ring_members')).to.equal(4)
    expect(sum(pages, 'metrics_ring_nodes_unowned')).to.equal(0)
    expect(new Set(pages.map((page) => valueIn(page, 'metrics_ring_epoch'))).size).to.equal(1)
    expect(sum(pages, 'metrics_ring_scrapes_total', { result: 'accepted' })).to.be.at.least(nodes)
    expect(sum(pages, 'metrics_ring_store_up')).to.equal(2)
  })

  it('has a frontend answer /metrics only to those who may get it', async () => {
    const ask = (token?: string) => ask443(frontendPort(), '/metrics', token)
    expect((await ask()).status).to.equal(403)
    expect((await ask('no-token-at-all')).status).to.equal(401)
    const refused = await ask(tokens.stranger)
    expect(refused.status).to.equal(403)
    expect(refused.body).to.include('cannot get path')
    const { status, body, type } = await ask(tokens.reader)
    expect([status, type]).to.deep.equal([200, 'text/plain; version=0.0.4; charset=utf-8'])
    const page = readExposition(body)
    expect(unlisted(page, 'frontend')).to.deep.equal([])
  })

  it('has a frontend count what it serves, and what it was asked', async () => {
    const read = async () => readExposition((await ask443(frontendPort(), '/metrics', tokens.reader)).body)
    await read()
    const page = await read()
    expect(missing(page, 'frontend')).to.deep.equal([])
    for (const [resource, count] of [
      ['nodes', nodes],
      ['pods', installation.cluster.model.pods().filter(({ phase }) => phase === 'Running').length],
    ] as const) {
      expect(valueIn(page, 'metrics_ring_view_known', { resource })).to.equal(count)
      expect(valueIn(page, 'metrics_ring_view_served', { resource })).to.equal(count)
      const [median = 0, greatest = 0] = ['50', '100'].map((percentile) =>
        valueIn(page, 'metrics_ring_view_sample_age_seconds', { resource, percentile }),
      )
      expect(median).to.be.within(0, greatest)
      expect(greatest).to.be.below(60)
    }
    const of = (labels: Record<string, string>) => sum([page], 'metrics_ring_api_requests_total', labels)
    expect(of({ verb: 'list', resource: 'pods', scope: 'cluster', code: '200' })).to.be.at.least(1)
    expect(of({ resource: 'metrics', code: '403' })).to.be.at.least(2)
    expect(of({ resource: 'health', code: '200' })).to.be.at.least(1)
    expect(
      sum([page], 'metrics_ring_review_lookups_total', { review: 'access', found: 'cached' }),
    ).to.be.above(0)
  })

  it('has standalone tell of both tiers, on the secure port and to those who may', async () => {
    await until(async () => {
      const answered = await ask443(standalone.port, '/metrics', tokens.reader).catch(() => undefined)
      const { status, body } = answered ?? { status: 'not listening', body: '' }
      if (status !== 200) return [`status ${status}`]
      const served = valueIn(readExposition(body), 'metrics_ring_view_served', { resource: 'nodes' })
      return served === nodes ? [] : [`${served} of ${nodes} nodes`]
    }, 60_000)
    expect((await ask443(standalone.port, '/metrics', tokens.stranger)).status).to.equal(403)
    const { body } = await ask443(standalone.port, '/metrics', tokens.reader)
    const page = readExposition(body)
    expect(unlisted(page, 'standalone')).to.deep.equal([])
    expect(missing(page, 'standalone')).to.deep.equal([])
    expect(valueIn(page, 'metrics_ring_claims', { kind: 'own' })).to.equal(nodes)
  })

  it('sends a trace of a scrape, from its slot to the commit', async () => {
    const trace = await wholeTrace('metrics-ring-shard', 'scrape', [
      'slot',
      'fetch',
      'decode',
      'usage',
      'commit',
    ])
    expect(trace.attributes['metrics_ring.result']).to.be.oneOf(['accepted', 'unchanged'])
    expect(installation.cluster.model.nodes().map(({ name }) => name)).to.include(
      trace.attributes['k8s.node.name'],
    )
  })

  it('sends a trace of a request, from who asks to the last byte', async () => {
    for (let i = 0; i < 4; i++) await installation.api.names('pods')
    const trace = await wholeTrace('metrics-ring-frontend', 'api request', [
      'authn',
      'authz',
      'select',
      'render',
      'write',
    ])
    expect(trace.attributes['http.response.status_code']).to.equal(200)
    expect(trace.attributes['url.path']).to.match(/^\/apis\/metrics\.k8s\.io\/v1(beta1)?\/(pods|nodes)$/)
  })

  it('sends metrics under the names of OpenTelemetry, units beside them', async () => {
    const { metrics } = collector
    await until(
      () => (metrics.some(({ name }) => name === 'metrics_ring.scrapes') ? [] : ['no scrapes']),
      10_000,
    )
    const took = metrics.find(({ name }) => name === 'metrics_ring.scrape.duration')
    expect(took).to.include({ unit: 's', service: 'metrics-ring-shard' })
    expect(took?.histogram).to.not.equal(undefined)
  })

  /** The first trace that has all these parts, in this order, each within it. */
  async function wholeTrace(service: string, root: string, parts: string[]) {
    const names = parts.map((part) => `${root.split(' ')[0]} ${part}`)
    const listed = spanSections.flatMap(({ specs }) => specs.map(({ name }) => name))
    expect(listed).to.include.members([root, ...names])
    const { spans } = collector
    const startOf = (span: { startTimeUnixNano: string }) => BigInt(span.startTimeUnixNano)
    const find = () => {
      for (const span of spans.filter((each) => each.name === root && each.service === service)) {
        const children = spans.filter(
          ({ traceId, parentSpanId }) => traceId === span.traceId && parentSpanId === span.spanId,
        )
        const sorted = children.toSorted((a, b) => Number(startOf(a) - startOf(b)))
        if (names.every((name) => sorted.some((child) => child.name === name))) return { span, sorted }
      }
      return undefined
    }
    await until(() => (find() ? [] : [`no whole ${root} among ${spans.length} spans`]), 60_000)
    const { span, sorted } = find() as NonNullable<ReturnType<typeof find>>
    for (const child of sorted)
      expect(BigInt(child.endTimeUnixNano) >= startOf(child), child.name).to.equal(true)
    const attributes = Object.fromEntries(
      span.attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
    )
    return { attributes }
  }
})

const rbac = 'rbac.authorization.k8s.io'
const named = { apiVersion: `${rbac}/v1`, metadata: { name: 'metrics-reader' } }
/** What lets a Prometheus ask for /metrics. */
const metricsReader = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    { ...named, kind: 'ClusterRole', rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }] },
    {
      ...named,
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'metrics-reader' },
      subjects: [{ kind: 'ServiceAccount', namespace: 'monitoring', name: 'prometheus' }],
    },
  ],
}

type Page = Map<string, Family>
type Labels = Readonly<Record<string, string>>

async function shardMetrics(port: number): Promise<Page> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`)
  return readExposition(await response.text())
}

function matching(page: Page, name: string, labels: Labels = {}) {
  const series = page.get(name)?.series ?? []
  return series.filter((each) =>
    Object.entries(labels).every(([label, value]) => each.labels[label] === value),
  )
}

function valueIn(page: Page, name: string, labels: Labels = {}): number | undefined {
  return matching(page, name, labels)[0]?.value
}

function sum(pages: Page[], name: string, labels: Labels = {}): number {
  return pages.flatMap((page) => matching(page, name, labels)).reduce((total, { value }) => total + value, 0)
}

const listedIn = (tier: Tier) =>
  metricSections.filter(({ tiers }) => tiers.includes(tier)).flatMap(({ specs }) => specs)

/** What is told and not listed: metrics, or labels of them. */
function unlisted(page: Page, tier: Tier): string[] {
  const specs = new Map(listedIn(tier).map((spec) => [prometheusName(spec), spec]))
  return [...page.values()].flatMap(({ name, type, help, series }) => {
    const spec = specs.get(name)
    if (!spec) return [name]
    const labels = new Set(series.flatMap((each) => Object.keys(each.labels)))
    labels.delete('le')
    const known = Object.keys(spec.labels ?? {})
    const wrongType = type !== (spec.kind === 'total' ? 'counter' : spec.kind)
    return [
      ...(wrongType ? [`${name}: ${type}`] : []),
      ...(help === spec.help ? [] : [`${name}: ${help}`]),
      ...[...labels].filter((label) => !known.includes(label)).map((label) => `${name}: ${label}`),
    ]
  })
}

/** What is listed and not told, though it need not happen first. */
function missing(page: Page, tier: Tier): string[] {
  const rare = (name: string) => name.endsWith('_errors_total')
  const names = listedIn(tier).map(prometheusName)
  return names.filter((name) => !page.has(name) && !rare(name))
}

type Answered = { status: number; type: string | undefined; body: string }

function ask443(port: number, path: string, token?: string): Promise<Answered> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers, rejectUnauthorized: false, agent: false })
    asked.once('error', reject)
    asked.once('response', async (response) => {
      const body = await text(response)
      resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'], body })
    })
    asked.end()
  })
}

import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { type NodeRecord, place } from '@metrics-ring/common/record/record'
import type { SampleStore } from '@metrics-ring/common/store/store'
import { createRedisStore } from '@metrics-ring/common/store/store-redis'
import { expect } from 'chai'
import { createHttpClient, type HttpClient, readAccess } from '../clients/http.ts'
import { type Item, type List, printed } from './context.ts'
import type { Installation } from './installation.ts'

const api = '/apis/metrics.k8s.io/v1'
const patienceMs = 20_000

/** Every frontend gives the same answer. To be run where no shard is at work. */
export function agreementSuite(
  installation: () => Installation,
  { servedWithinMs, commits }: { servedWithinMs: number; commits: number },
): void {
  let frontends: HttpClient[] = []
  let store: SampleStore
  before(() => {
    const { cluster, deployment, redis, intervalMs } = installation()
    const { token } = readAccess(cluster.serviceAccountKubeconfig('default:viewer'))
    frontends = deployment
      .frontends()
      .map(({ port }) => createHttpClient({ url: `https://127.0.0.1:${port}`, token }))
    expect(frontends).to.have.length(2)
    store = createRedisStore({
      url: redis.url,
      ringName: 'demo',
      intervalMs,
      onBadRecord: () => {},
      log: silent,
    })
  })
  after(async () => {
    for (const client of frontends) client.close()
    await store?.close()
  })
  const fromEach = (path: string, headers = {}) =>
    Promise.all(frontends.map((client) => client.get(api + path, headers)))
  /** Polls until every frontend says so. @returns how long it took */
  async function untilEach(path: string, says: (list: List) => boolean): Promise<number> {
    const startedMs = performance.now()
    for (;;) {
      const answers = await fromEach(path)
      if (answers.every(({ status, text }) => status === 200 && says(JSON.parse(text) as List))) {
        return performance.now() - startedMs
      }
      if (performance.now() - startedMs > patienceMs) throw new Error(`${path}: ${answers[0]?.text}`)
      await sleep(20)
    }
  }
  async function firstNode(): Promise<NodeRecord> {
    const [node] = installation().cluster.model.nodes()
    const record = (await store.hydrate([node?.name ?? ''])).get(node?.name ?? '')
    if (!record) throw new Error('nothing is stored')
    return record
  }

  it('answers equal records with the same bytes, in every representation', async () => {
    const [{ namespace = '', name = '' } = {}] = installation().cluster.model.pods()
    for (const path of ['/nodes', '/pods', `/namespaces/${namespace}/pods/${name}`]) {
      for (const accept of [
        ...['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'],
        'application/json;as=Table;v=v1;g=meta.k8s.io',
      ]) {
        const [one, other] = await fromEach(path, { accept })
        expect(one?.status).to.equal(200)
        expect(one?.bytes.equals(other?.bytes ?? Buffer.alloc(0)), `${path} as ${accept}`).to.equal(true)
      }
    }
  })

  it('serves an accepted record from every frontend soon', async () => {
    for (let round = 1; round <= commits; round++) {
      const record = await firstNode()
      const atMs = await store.time()
      const scrape = { ...record, atMs }
      const numbers = record.body.numbers.slice()
      numbers[place.usageCpu] = 1_234_000_000 + round
      numbers[place.usageAt] = atMs
      const answer = await store.commit(scrape, { ...record.body, numbers }, record.version)
      expect(answer.result).to.equal('accepted')
      const tookMs = await untilEach('/nodes', ({ items }) => {
        const item = items.find(({ metadata }) => metadata.name === record.node)
        return item?.usage?.cpu === `${1_234_000_000 + round}n`
      })
      expect(tookMs).to.be.at.most(servedWithinMs)
      // The fence takes two scrapes within a third of an interval for duplicates.
      await sleep(installation().intervalMs / 3 + 50)
    }
  })

  it('renders and indexes anew when labels change, without a new sample', async () => {
    const { cluster, kubectl } = installation()
    const [{ namespace = '', name = '' } = {}] = cluster.model.pods()
    const path = `/namespaces/${namespace}/pods`
    const find = async (): Promise<Item> =>
      JSON.parse((await fromEach(`${path}/${name}`))[0]?.text ?? '') as Item
    const before = await find()
    const set = (label: string) =>
      printed(kubectl('label', 'pod', name, '-n', namespace, label, '--overwrite'))
    const only = (wanted: string[]) => (list: List) =>
      isDeepStrictEqual(
        list.items.map(({ metadata }) => metadata.name),
        wanted,
      )
    await set('contract=one')
    await untilEach(`${path}?labelSelector=contract%3Done`, only([name]))
    await set('contract=two')
    await untilEach(`${path}?labelSelector=contract%3Dtwo`, only([name]))
    await untilEach(`${path}?labelSelector=contract%3Done`, only([]))
    const after = await find()
    expect(after).to.deep.equal({
      ...before,
      metadata: { ...before.metadata, labels: { ...before.metadata.labels, contract: 'two' } },
    })
    await set('contract-')
    await untilEach(`${path}?labelSelector=contract`, only([]))
    expect(await find()).to.deep.equal(before)
  })
}

const silent = { debug() {}, info() {}, warn() {}, error() {} } as never

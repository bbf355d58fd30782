import { expect } from 'chai'
import { listOf, objectOf, opened } from '../../testing/protobuf-decoder.ts'
import type { Installation } from '../contract/installation.ts'
import { keyOf } from '../contract/observe.ts'
import { createAccounts, runningPods } from './accounts.ts'

const api = '/apis/metrics.k8s.io/v1beta1'

/** The clients that read protobuf, each with its own requests, user and headers. */
export function typedReadersSuite(installation: () => Installation): void {
  const accounts = createAccounts(installation)
  after(accounts.close)

  it('VPA recommender: lists all pods without limit and selector, and finds a usage for every container', async () => {
    const vpa = accounts.open('kube-system:vpa-recommender', 'recommender/v0.0.0 (linux/amd64)')
    const accept = 'application/vnd.kubernetes.protobuf,application/json'
    const { status, headers, bytes } = await vpa.get(`${api}/pods`, { accept })
    expect([status, headers['content-type']]).to.deep.equal([200, 'application/vnd.kubernetes.protobuf'])
    const pods = listOf(opened(bytes).message as Buffer).items.map(objectOf)
    expect(pods.map(({ head }) => keyOf(head))).to.have.members(runningPods(installation()))
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
    const k9s = accounts.open('default:k9s', 'k9s/v0.50 (linux/amd64)')
    const review = { resourceAttributes: { verb: 'list', group: 'metrics.k8s.io', resource: 'pods' } }
    const may = await k9s.send(
      'POST',
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      { 'content-type': 'application/json' },
      JSON.stringify({ spec: review }),
    )
    expect(JSON.parse(may.text).status.allowed).to.equal(true)
    const accept = 'application/vnd.kubernetes.protobuf,application/json'
    const before = runningPods(installation())
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
    const descheduler = accounts.open('kube-system:descheduler', 'descheduler/v0.34 (linux/amd64)')
    const accept = 'application/vnd.kubernetes.protobuf,application/json'
    for (const { name } of installation().cluster.model.nodes()) {
      const { status, bytes } = await descheduler.get(`${api}/nodes/${name}`, { accept })
      expect(status).to.equal(200)
      const node = objectOf(opened(bytes).message as Buffer)
      expect(node.head.metadata.name).to.equal(name)
      expect(node.node().usage).to.include.keys('cpu', 'memory')
    }
    for (const key of runningPods(installation()).slice(0, 5)) {
      const [namespace, name] = key.split('/')
      const { bytes } = await descheduler.get(`${api}/namespaces/${namespace}/pods/${name}`, { accept })
      for (const { usage } of objectOf(opened(bytes).message as Buffer).pod().containers) {
        expect(usage).to.include.keys('cpu', 'memory')
      }
    }
  })
}

/** Namespace and name compared as the list is ordered: a separator below all letters. */
function orderOf(key: string): Buffer {
  return Buffer.from(key.replace('/', '\0'))
}

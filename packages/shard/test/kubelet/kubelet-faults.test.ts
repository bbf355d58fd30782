import { isDeepStrictEqual } from 'node:util'
import type { Point, Sample } from '@metrics-ring/common/record/sample'
import { unpackSample } from '@metrics-ring/common/record/sample-pack'
import { type Fault, type Kubelets, startKubelets } from '@metrics-ring/sim/kubelet/kubelets'
import { createModel, type Model } from '@metrics-ring/sim/model/model'
import { type CertificateAuthority, createAuthority } from '@metrics-ring/sim/pki'
import { expect } from 'chai'
import { decode } from '../../src/decode/decode.ts'
import { decodeSummary } from '../../src/decode/decode-summary.ts'
import { createEndpoints } from '../../src/kubelet/endpoint.ts'
import { createKubeletClient, type KubeletClient } from '../../src/kubelet/kubelet.ts'
import type { KubeletTarget } from '../../src/kubelet/kubelet-target.ts'

/** In an order of their own, for the formats differ in theirs. */
function inSeconds({ node, pods }: Sample) {
  const seconds = (point: Point | undefined) =>
    point && [
      Math.trunc(point.timestampMs / 1000),
      point.cpuNs.toString(),
      point.memoryBytes,
      point.swapBytes,
      Math.trunc((point.startMs ?? 0) / 1000),
    ]
  const containers = pods.flatMap((pod) =>
    pod.containers.map(({ name, point }) => [pod.namespace, pod.name, name, seconds(point)].join()),
  )
  return [seconds(node), containers.sort()]
}

describe('kubelets of the simulated cluster', () => {
  let model: Model
  let pki: CertificateAuthority
  let kubelets: Kubelets
  let client: KubeletClient
  const clients: KubeletClient[] = []

  const clientWith = (token: string): KubeletClient => {
    const credentials = { ca: async () => pki.certPem, token: async () => token }
    const made = createKubeletClient({
      credentials,
      requestTimeoutMs: 400,
      bodyLimitBytes: 1e6,
      secondTryPauseMs: 10,
    })
    clients.push(made)
    return made
  }
  const target = (node: string): KubeletTarget => {
    const { address, port } = kubelets.forNode(node)
    return { node, uid: node, addresses: [address], port, path: '/metrics/resource' }
  }
  const names = () => model.nodes().map(({ name }) => name)
  const outcome = async (node: string, retry = false) => {
    const scraped = await client.scrape(target(node), { retry })
    return scraped.ok ? 'ok' : scraped.reason
  }

  before(async () => {
    pki = await createAuthority('cluster-ca')
    model = createModel({ nodes: 2, podsPerNode: 5, seed: 1 })
    kubelets = await startKubelets({
      model,
      pki,
      reviewToken: async (token) =>
        token === 'nobody' ? { authenticated: false } : { authenticated: true, user: token, groups: [] },
      authorize: (user) => user === 'shard',
    })
  })
  beforeEach(() => {
    client = clientWith('shard')
  })
  afterEach(async () => {
    for (const made of clients.splice(0)) made.close()
    for (const node of names()) await kubelets.setFault(node, undefined)
    kubelets.reset()
  })
  after(() => kubelets.close())

  it('answer what the decoder understands wholly', async () => {
    for (const node of names()) {
      const scraped = await client.scrape(target(node))
      if (!scraped.ok) throw new Error(scraped.detail)
      const decoded = decode(scraped.body, Date.now())
      expect(decoded).to.include({ malformedLines: 0, scrapeError: false })
      const pods = model.pods().filter((pod) => pod.node === node)
      const found = decoded.sample.pods.map((pod) => `${pod.namespace}/${pod.name}`)
      expect(found).to.have.members(pods.map((pod) => `${pod.namespace}/${pod.name}`))
      expect(unpackSample(decoded.sample).node?.memoryBytes).to.be.above(0)
    }
  })

  it('are scraped over one connection each', async () => {
    for (let times = 0; times < 3; times++) for (const node of names()) await client.scrape(target(node))
    for (const node of names()) {
      expect(kubelets.requests(node)).to.have.length(3)
      expect(kubelets.connections(node)).to.equal(1)
    }
  })

  const faults: [fault: Fault, reason: string][] = [
    [{ kind: 'refuse' }, 'refused'],
    [{ kind: 'hang' }, 'timeout'],
    [{ kind: 'delay', ms: 5_000 }, 'timeout'],
    [{ kind: 'drip' }, 'timeout'],
    [{ kind: 'large' }, 'too_large'],
    [{ kind: 'endless' }, 'too_large'],
    [{ kind: 'resetMidBody' }, 'truncated'],
    [{ kind: 'status', code: 401 }, 'unauthorized'],
    [{ kind: 'status', code: 403 }, 'forbidden'],
    [{ kind: 'status', code: 404 }, 'not_found'],
    [{ kind: 'status', code: 500 }, 'status_5xx'],
    [{ kind: 'redirect' }, 'redirect'],
    [{ kind: 'noGzip' }, 'ok'],
    [{ kind: 'certificate', problem: 'expired' }, 'tls_expired'],
    [{ kind: 'certificate', problem: 'unknownAuthority' }, 'tls_unknown_ca'],
    [{ kind: 'certificate', problem: 'wrongName' }, 'tls_name_mismatch'],
  ]
  for (const [fault, reason] of faults) {
    it(`end in ${reason} with the fault ${JSON.stringify(fault)}, which costs no other node anything`, async () => {
      const [faulty, sound] = names() as [string, string]
      await kubelets.setFault(faulty, fault)
      const outcomes = await Promise.all([outcome(faulty), outcome(sound)])
      expect(outcomes).to.deep.equal([reason, 'ok'])
      await kubelets.setFault(faulty, undefined)
      expect(await outcome(faulty, true)).to.equal('ok')
    })
  }

  it('that babble give no sample, only malformed lines', async () => {
    const [node] = names() as [string]
    await kubelets.setFault(node, { kind: 'garbage' })
    const scraped = await client.scrape(target(node))
    if (!scraped.ok) throw new Error(scraped.detail)
    const { sample, malformedLines } = decode(scraped.body, 0)
    expect(unpackSample(sample)).to.deep.equal({ node: undefined, pods: [] })
    expect(malformedLines).to.be.above(0)
  })

  it('that drop one request are asked once more at once', async () => {
    const [node] = names() as [string]
    expect(await outcome(node)).to.equal('ok')
    await kubelets.setFault(node, { kind: 'dropNext' })
    expect(await outcome(node, true)).to.equal('ok')
  })

  it('without /metrics/resource say the same in /stats/summary, but for fractions of a second', async () => {
    const [node] = names() as [string]
    const endpoints = createEndpoints({ choice: 'auto', mono: () => 0, kubelets: client })
    const read = async (fault: Fault | undefined) => {
      await kubelets.setFault(node, fault)
      const fetched = await endpoints.fetch(target(node), {})
      if (!fetched.ok) throw new Error(fetched.detail)
      const { sample } = (fetched.format === 'summary' ? decodeSummary : decode)(fetched.body, 0)
      return inSeconds(unpackSample(sample))
    }
    let one = await read(undefined)
    const other = await read({ kind: 'noResource' })
    // The kubelet may have looked at a container in between.
    if (!isDeepStrictEqual(one, other)) one = await read(undefined)
    expect(other).to.deep.equal(one)
    expect(one[1]).to.not.deep.equal([])
  })

  it('do not know, or do not permit, a wrong token', async () => {
    client = clientWith('nobody')
    expect(await outcome(names()[0] as string)).to.equal('unauthorized')
    client = clientWith('somebody')
    expect(await outcome(names()[0] as string)).to.equal('forbidden')
  })
})

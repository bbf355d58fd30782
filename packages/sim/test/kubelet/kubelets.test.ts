import { once } from 'node:events'
import net from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import tls from 'node:tls'
import { expect } from 'chai'
import { createAuthority } from '../../src/pki.ts'
import { type Cluster, get, samples, startCluster } from './kubelet-cluster.ts'

function code(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'answered',
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  )
}

describe('the kubelets of a cluster', () => {
  let cluster: Cluster
  before(async () => {
    cluster = await startCluster({ nodes: 3, podsPerNode: 4 })
  })
  after(() => cluster.close())

  it('serve each on an address of its own, where the Node says, with a certificate for that address', async () => {
    const { kubelets, model, pki } = cluster
    for (const { name, address, port } of model.nodes()) {
      expect(kubelets.forNode(name)).to.deep.equal({ address, port, url: `https://${address}:${port}` })
      expect(address).to.match(/^127\.(?!0\.)\d+\.\d+\.\d+$/)
      const socket = tls.connect({ host: address, port, ca: pki.certPem, ALPNProtocols: ['h2', 'http/1.1'] })
      await once(socket, 'secureConnect')
      expect(socket.getPeerX509Certificate()?.subjectAltName).to.equal(`DNS:${name}, IP Address:${address}`)
      expect(socket.alpnProtocol).to.equal('http/1.1')
      socket.destroy()
    }
    expect(new Set(model.nodes().map(({ address }) => address)).size).to.equal(3)
  })

  it('are not believed by a client of another authority', async () => {
    const stranger = await createAuthority('kubernetes')
    expect(await code(cluster.get('node-0000', { ca: stranger.certPem, agent: false }))).to.match(
      /SIGNATURE|VERIFY/,
    )
  })

  it('show their certificate, and only it, on every connection, also to a client that would resume a session', async () => {
    const { address: host, port } = cluster.kubelets.forNode('node-0000')
    let session: Buffer | undefined
    for (let n = 0; n < 3; n++) {
      const socket = tls.connect({ host, port, ca: cluster.pki.certPem, ...(session ? { session } : {}) })
      socket.on('session', (given) => {
        session = given
      })
      socket.write('GET /healthz HTTP/1.1\r\nHost: kubelet\r\nAuthorization: Bearer good\r\n\r\n')
      const [answer] = await once(socket, 'data')
      expect(String(answer)).to.match(/^HTTP\/1.1 200 OK/)
      expect(socket.isSessionReused()).to.equal(false)
      expect(socket.getPeerX509Certificate()?.subject).to.include('CN=system:node:node-0000')
      socket.destroy()
    }
  })

  it('answer a scrape with the containers of their own node', async () => {
    const { status, headers, text } = await cluster.get('node-0001')
    expect(status).to.equal(200)
    expect(headers['content-type']).to.equal('text/plain; version=0.0.4; charset=utf-8')
    const pods = samples(text).flatMap(({ name, labels }) => (name.startsWith('pod_cpu') ? [labels.pod] : []))
    const expected = [...cluster.model.node('node-0001').pods.values()].map(({ name }) => name)
    expect(pods.toSorted()).to.deep.equal(expected.toSorted())
  })

  it('compress if asked, and only then', async () => {
    const zipped = await cluster.get('node-0001', { headers: { 'accept-encoding': 'deflate, gzip;q=0.8' } })
    expect(zipped.headers['content-encoding']).to.equal('gzip')
    expect(samples(zipped.text).length).to.be.greaterThan(10)
    expect(zipped.raw.length).to.be.below(zipped.text.length / 2)
    const plain = await cluster.get('node-0001', { headers: { 'accept-encoding': 'gzip;q=0' } })
    expect(plain.headers).not.to.have.property('content-encoding')
  })

  it('refuse who says nothing or cannot be believed, and forbid who may not', async () => {
    expect((await cluster.get('node-0000', { token: '' })).status).to.equal(401)
    expect((await cluster.get('node-0000', { token: 'made-up' })).status).to.equal(401)
    const forbidden = await cluster.get('node-0000', { token: 'weak' })
    expect(forbidden.status).to.equal(403)
    expect(forbidden.text).to.include('user=nobody, verb=get, resource=nodes')
  })

  it('believe client certificates of the cluster CA and no others', async () => {
    const request = {
      commonName: 'admin',
      organizations: ['system:masters'],
      usages: ['clientAuth'] as const,
    }
    const stranger = await createAuthority('kubernetes')
    const status = async (issued: { certPem: string; keyPem: string }) => {
      const identity = { cert: issued.certPem, key: issued.keyPem }
      return (await cluster.get('node-0000', { token: '', agent: false, ...identity })).status
    }
    const ask = { ...request, usages: [...request.usages] }
    expect(await status(await cluster.pki.issue(ask))).to.equal(200)
    expect(await status(await cluster.pki.issue({ ...ask, organizations: [] }))).to.equal(403)
    expect(await status(await cluster.pki.issue({ ...ask, usages: ['serverAuth'] }))).to.equal(401)
    expect(await status(await cluster.pki.issue({ ...ask, notAfter: new Date(Date.now() - 1000) }))).to.equal(
      401,
    )
    expect(await status(await stranger.issue(ask))).to.equal(401)
  })

  it('ask for another right where the path is another', async () => {
    const asked: string[] = []
    const authorize = (_user: string, _groups: readonly string[], subresource: string) => {
      asked.push(subresource)
      return subresource === 'metrics'
    }
    const strict = await startCluster({ authorize })
    const [{ name = '' } = {}] = strict.model.nodes()
    const status = async (path: string) => (await strict.get(name, { path })).status
    try {
      expect(await status('/metrics/resource')).to.equal(200)
      const refused = await strict.get(name, { path: '/stats/summary' })
      expect([refused.status, refused.text]).to.deep.equal([
        403,
        'Forbidden (user=system:serviceaccount:kube-system:metrics, verb=get, resource=nodes, subresource(s)=[stats])',
      ])
      expect(await status('/pods')).to.equal(403)
      expect(asked).to.deep.equal(['metrics', 'stats', 'proxy'])
    } finally {
      await strict.close()
    }
  })

  it('know no other path', async () => {
    expect((await cluster.get('node-0000', { path: '/metrics' })).status).to.equal(404)
    expect((await cluster.get('node-0000', { path: '/healthz' })).text).to.equal('ok')
  })

  it('count scrapes, what became of them, and connections', async () => {
    const { kubelets } = cluster
    await cluster.get('node-0002')
    kubelets.reset()
    const fromMs = Date.now()
    await cluster.get('node-0002')
    const { raw } = await cluster.get('node-0002')
    await cluster.get('node-0002', { token: 'weak' })
    await cluster.get('node-0002', { agent: false })
    expect(kubelets.scrapes('node-0002')).to.have.length(4)
    expect(Math.min(...kubelets.scrapes('node-0002'))).to.be.within(fromMs, Date.now())
    expect(kubelets.requests('node-0002').map(({ status }) => status)).to.deep.equal([200, 200, 403, 200])
    expect(kubelets.requests('node-0002')[1]).to.include({ answered: true, bytes: raw.length })
    expect(kubelets.connections('node-0002')).to.equal(1)
    expect(kubelets.scrapes('node-0000')).to.deep.equal([])
    kubelets.reset('node-0002')
    expect(kubelets.scrapes('node-0002')).to.deep.equal([])
  })

  it('come and go with their nodes', async () => {
    const { model, kubelets } = cluster
    const { name, address, port } = await model.addNode()
    expect((await cluster.get(name)).status).to.equal(200)
    await model.removeNode(name)
    expect(() => kubelets.forNode(name)).to.throw('no kubelet')
    expect(await code(get({ host: address, port, ca: cluster.pki.certPem }))).to.equal('ECONNREFUSED')
  })
})

describe('the kubelets of a large cluster', () => {
  it('ask the API server once for a token, not once for each node', async () => {
    let reviews = 0
    const reviewToken = async () => {
      reviews++
      return { authenticated: true, user: 'a:metrics' }
    }
    const cluster = await startCluster({ nodes: 20, reviewToken })
    const answers = await Promise.all(cluster.model.nodes().map(({ name }) => cluster.get(name)))
    expect(answers.every(({ status }) => status === 200)).to.equal(true)
    expect(reviews).to.equal(1)
    await cluster.close()
  })

  it('know when a sample was taken: at the request with cri', async () => {
    const { model, kubelets, get: scrape, close } = await startCluster({ sampling: 'cri' })
    const pod = model.pods()[0]!
    const { text } = await scrape('node-0000')
    await scrape('node-0000', { token: 'weak' })
    const stamps = new Set(samples(text).flatMap(({ atMs }) => (atMs > 0 ? [atMs] : [])))
    const subject = { namespace: pod.namespace, pod: pod.name }
    expect(kubelets.sampleTimes(subject, model.startedMs, Date.now())).to.deep.equal([...stamps])
    await close()
  })

  it('live beside another cluster on the same port, and leave nothing when they close', async () => {
    const listening = () => process.getActiveResourcesInfo().filter((kind) => /TCP/.test(kind)).length
    const before = listening()
    const [a, b] = await Promise.all([startCluster({ nodes: 500 }), startCluster({ nodes: 500 })])
    const nodes = [...a.model.nodes(), ...b.model.nodes()]
    expect(new Set(nodes.map(({ address }) => address)).size).to.equal(1000)
    expect(new Set(nodes.map(({ port }) => port))).to.deep.equal(new Set([10_250]))
    expect((await a.get('node-0499')).status).to.equal(200)
    expect(listening()).to.be.at.least(before + 1000)
    await Promise.all([a.close(), b.close()])
    for (let n = 0; n < 5; n++) await turn()
    expect(listening()).to.be.at.most(before)
  })

  it('cut what is open when they close', async () => {
    const cluster = await startCluster()
    const { address, port } = cluster.kubelets.forNode('node-0000')
    const idle = net.connect({ host: address, port })
    await once(idle, 'connect')
    await cluster.get('node-0000')
    const gone = once(idle, 'close')
    await cluster.close()
    await gone
  })
})

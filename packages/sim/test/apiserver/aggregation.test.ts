import { expect } from 'chai'
import { coreType } from '../../src/apiserver/aggregator/endpoints.ts'
import { at, text } from '../../src/apiserver/objects.ts'
import { type CertificateAuthority, createAuthority } from '../../src/pki.ts'
import { type Extension, type ExtensionOptions, startExtension, startRelay } from './extension.ts'
import { type Client, createClient, type Fixture, startFixture } from './harness.ts'

const pods = '/apis/metrics.k8s.io/v1/pods'

async function until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 4000
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

describe('the aggregation layer', () => {
  let fixture: Fixture
  let authority: CertificateAuthority
  let extensions: Extension[] = []

  async function start(routing = false): Promise<void> {
    const pings = { pingIdleMs: 60, pingTimeoutMs: 60 }
    fixture = await startFixture({ aggregatorRouting: routing, probeIntervalMs: 200, ...pings })
    authority = await createAuthority('extension-ca')
  }
  afterEach(async () => {
    await fixture.close()
    for (const extension of extensions) await extension.close()
    extensions = []
  })

  function frontProxyCa(): string {
    const config = fixture.plane.apiserver.storage
      .list(coreType('', 'configmaps'))
      .find(({ object }) => object.metadata.name === 'extension-apiserver-authentication')
    return text(at(config?.object, 'data', 'requestheader-client-ca-file'))
  }

  async function extend(options: Partial<ExtensionOptions> = {}): Promise<Extension> {
    const extension = await startExtension({ authority, clientCa: frontProxyCa(), ...options })
    extensions.push(extension)
    return extension
  }

  function register(caBundle = authority.certPem, ...ports: number[]): void {
    const { registerApiService, setEndpoints } = fixture.plane.apiserver
    const behind = ports.length > 0 ? ports : extensions.map(({ port }) => port)
    setEndpoints(
      'kube-system',
      'metrics-server',
      behind.map((port) => ({ port })),
    )
    for (const version of ['v1', 'v1beta1']) {
      const service = { namespace: 'kube-system', name: 'metrics-server' }
      registerApiService({ group: 'metrics.k8s.io', version, service, ...(caBundle !== '' && { caBundle }) })
    }
  }

  async function condition(version = 'v1'): Promise<Record<string, string>> {
    const { json } = await fixture.admin.get(
      `/apis/apiregistration.k8s.io/v1/apiservices/${version}.metrics.k8s.io`,
    )
    return json.status?.conditions?.find(({ type }: { type: string }) => type === 'Available') ?? {}
  }

  const available = () =>
    until('it is available', async () => {
      const both = [await condition('v1'), await condition('v1beta1')]
      return both.every(({ status }) => status === 'True')
    })

  it('probes with its front-proxy certificate as system:masters, and then passes requests on', async () => {
    await start()
    const extension = await extend()
    register()
    await available()
    const [probe] = extension.requests('/apis/metrics.k8s.io/v1')
    expect([probe?.peer, probe?.alpn]).to.deep.equal(['front-proxy-client', '2.0'])
    expect(probe?.rawHeaders).to.deep.include(['x-remote-user', 'system:kube-aggregator'])
    expect(probe?.rawHeaders).to.deep.include(['x-remote-group', 'system:masters'])
    const answer = await fixture.admin.get(`${pods}?limit=5`)
    expect([answer.status, answer.json.path]).to.deep.equal([200, `${pods}?limit=5`])
    expect((await condition()).reason).to.equal('Passed')
  })

  it('tells who asks, strips what the client claims, and encodes the query anew', async () => {
    await start()
    const extension = await extend()
    register()
    await available()
    const { tokens, sink } = fixture.plane.apiserver
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' }
    const subjects = [{ kind: 'User', name: 'Zoë' }]
    const roleRef = { kind: 'ClusterRole', name: 'system:aggregated-metrics-reader' }
    sink.apply({ ...rbac, kind: 'ClusterRoleBinding', metadata: { name: 'zoe' }, roleRef, subjects })
    const user = {
      name: 'Zoë',
      uid: 'u-1',
      groups: ['a, b', 'system:authenticated'],
      extra: { 'x.io/K%': ['1', '2'] },
    }
    const client = createClient(fixture.plane, tokens.issue(user))
    const path = `/apis/metrics.k8s.io/v1/namespaces/ns/pods?labelSelector=app%20in%20(a,b)&fieldSelector=x&a=*`
    const claims = {
      'x-remote-user': 'root',
      'x-remote-group': 'system:masters',
      accept: 'application/x',
      'user-agent': 'me',
    }
    await client.get(path, { ...claims, 'accept-encoding': 'gzip', 'if-none-match': '"e"' })
    client.close()
    const [seen] = extension.requests('/apis/metrics.k8s.io/v1/namespaces/')
    expect(seen?.path.split('?')[1]).to.equal('a=%2A&fieldSelector=x&labelSelector=app+in+%28a%2Cb%29')
    const values = (name: string) =>
      (seen?.rawHeaders ?? [])
        .filter(([key]) => key === name)
        .map(([, value]) => Buffer.from(value, 'latin1').toString())
    expect(values('x-remote-user')).to.deep.equal(['Zoë'])
    expect(values('x-remote-group')).to.deep.equal(['a, b', 'system:authenticated'])
    expect(values('x-remote-uid')).to.deep.equal(['u-1'])
    expect(values('x-remote-extra-x.io%2fk%25')).to.deep.equal(['1', '2'])
    expect(values('authorization')).to.deep.equal([])
    expect(values('x-forwarded-for')).to.deep.equal(['127.0.0.1'])
    const passed = ['accept', 'accept-encoding', 'user-agent', 'if-none-match'].flatMap(values)
    expect(passed).to.deep.equal(['application/x', 'gzip', 'me', '"e"'])
    expect(values(':authority')).to.deep.equal([`127.0.0.1:${extension.port}`])
  })

  for (const legacy of [false, true]) {
    it(`merges discovery that comes in the ${legacy ? 'legacy' : 'aggregated'} form`, async () => {
      await start()
      const extension = await extend({ legacy })
      register()
      const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'
      let group: { versions: { version: string; freshness: string; resources: unknown[] }[] } | undefined
      await until('discovery is current', async () => {
        const { json } = await fixture.admin.get('/apis', { accept })
        group = json.items.find(
          ({ metadata }: { metadata: { name: string } }) => metadata.name === 'metrics.k8s.io',
        )
        return (
          group?.versions.length === 2 && group.versions.every(({ freshness }) => freshness === 'Current')
        )
      })
      expect(group?.versions.map(({ version }) => version)).to.deep.equal(['v1', 'v1beta1'])
      expect(group?.versions[0]?.resources[0]).to.deep.equal({
        resource: 'nodes',
        responseKind: { group: 'metrics.k8s.io', version: 'v1', kind: 'NodeMetrics' },
        scope: 'Cluster',
        singularResource: '',
        verbs: ['get', 'list'],
      })
      const asked = extension.requests('/apis').filter(({ path }) => path === '/apis')
      expect(Object.fromEntries(asked[0]?.rawHeaders ?? []).accept).to.match(/v=v2;.*v=v2beta1/)
      const { json: plain } = await fixture.admin.get('/apis/metrics.k8s.io')
      expect(plain.preferredVersion.version).to.equal('v1')
      await until('OpenAPI is merged', async () => {
        const { json } = await fixture.admin.get('/openapi/v3')
        return 'apis/metrics.k8s.io/v1' in json.paths
      })
      const document = await fixture.admin.get('/openapi/v3/apis/metrics.k8s.io/v1?hash=1')
      expect(document.json.kind).to.equal('Echo')
    })
  }

  it('says in the condition why a service is not available, and answers 503 at once', async () => {
    await start()
    register()
    await until('the condition is there', async () => (await condition()).status === 'False')
    expect((await condition()).reason).to.equal('EndpointsNotFound')
    const answer = await fixture.admin.get(pods)
    expect([answer.status, answer.text]).to.deep.equal([503, 'service unavailable'])
    await extend({
      answer: (_request, response) => Boolean(Object.assign(response, { statusCode: 401 }).end()),
    })
    register()
    await until('the probe failed', async () => (await condition()).reason === 'FailedDiscoveryCheck')
    expect((await condition()).message).to.match(/bad status from https:.*: 401$/)
  })

  it('believes only certificates of the caBundle that bear the name of the Service', async () => {
    await start()
    await extend({ serverName: 'other.kube-system.svc' })
    register()
    await until('the probe failed', async () => (await condition()).reason === 'FailedDiscoveryCheck')
    expect((await condition()).message).to.match(/altnames|Hostname/i)
    register((await createAuthority('another')).certPem)
    await until('the probe failed', async () => /certificate/.test((await condition()).message ?? ''))
    register('')
    await available()
  })

  it('does without HTTP/2', async () => {
    await start()
    const extension = await extend({ http1Only: true })
    register()
    await available()
    expect((await fixture.admin.get(pods)).status).to.equal(200)
    expect(extension.seen.at(-1)?.alpn).to.equal('1.1')
  })

  it('without aggregator routing stays on one connection, with it uses every ready endpoint', async () => {
    for (const routing of [false, true]) {
      await start(routing)
      const [one, other] = [await extend(), await extend()]
      register()
      await available()
      one.seen.length = other.seen.length = 0
      for (let n = 0; n < 30; n++) await fixture.admin.get(pods)
      const counts = [one.requests(pods).length, other.requests(pods).length]
      expect(counts[0] ?? 0).to.equal(30 - (counts[1] ?? 0))
      expect(Math.min(...counts) > 0).to.equal(routing)
      expect(Math.max(one.sessions.size, other.sessions.size)).to.equal(1)
      if (routing) {
        fixture.plane.apiserver.setEndpoints('kube-system', 'metrics-server', [{ port: one.port }])
        other.seen.length = 0
        for (let n = 0; n < 10; n++) await fixture.admin.get(pods)
        expect(other.requests(pods)).to.have.length(0)
        continue
      }
      await fixture.close()
      for (const extension of extensions.splice(0)) await extension.close()
    }
  })

  it('survives GOAWAY without losing a request', async () => {
    await start()
    const extension = await extend()
    register()
    await available()
    let failed = 0
    const until = Date.now() + 500
    const clients: Client[] = [fixture.admin]
    const ask = async () => {
      while (Date.now() < until) if ((await (clients[0] as Client).get(pods)).status !== 200) failed += 1
    }
    const goodbye = setInterval(() => {
      for (const session of extension.sessions) {
        if (session.closed || session.destroyed) continue
        session.goaway()
        session.close()
      }
    }, 20)
    await Promise.all([ask(), ask(), ask(), ask()])
    clearInterval(goodbye)
    expect(failed).to.equal(0)
    expect(extension.sessions.size).to.be.greaterThan(5)
  })

  it('reports a server that is gone, and finds it again', async () => {
    await start()
    const extension = await extend({
      answer: async ({ url }, response) =>
        url === pods && Boolean(response.stream.session?.destroy() ?? true),
    })
    register()
    await available()
    const answer = await fixture.admin.get(pods)
    expect(answer.status).to.equal(503)
    expect(answer.text).to.match(/^error trying to reach service: /)
    expect((await fixture.admin.get('/apis/metrics.k8s.io/v1/nodes')).status).to.equal(200)
    expect(extension.sessions.size).to.be.greaterThan(1)
  })

  it('gives up a connection whose peer hangs', async () => {
    await start()
    const extension = await extend()
    const relay = await startRelay(extension.port)
    register(authority.certPem, relay.port)
    await available()
    relay.freeze()
    const answer = await fixture.admin.get(pods)
    expect([answer.status, answer.text]).to.deep.equal([
      503,
      'error trying to reach service: http2: client connection lost',
    ])
    relay.close()
  })

  it('refuses redirects, and takes hop-by-hop and CORS headers out of answers', async () => {
    await start()
    await extend({
      answer({ url }, response) {
        if (!url.startsWith(pods)) return false
        const redirects = url.includes('redirect')
        response.writeHead(redirects ? 301 : 200, {
          location: '/',
          'access-control-allow-origin': '*',
          etag: '"x"',
        })
        response.end('{}')
        return true
      },
    })
    register()
    await available()
    expect((await fixture.admin.get(`${pods}?redirect=1`)).status).to.equal(502)
    const { headers } = await fixture.admin.get(pods)
    expect(headers.etag).to.equal('"x"')
    expect(headers).to.not.have.property('access-control-allow-origin')
  })

  it('shows the new certificate after the front-proxy CA has been rotated', async () => {
    await start()
    await extend()
    register()
    await available()
    const old = frontProxyCa()
    await fixture.plane.apiserver.rotateFrontProxy()
    expect(frontProxyCa()).to.include(old).and.not.equal(old)
    expect((await fixture.admin.get(pods)).status).to.equal(503)
    await until('the refusal is noticed', async () => (await condition()).status === 'False')
    await extend({ clientCa: frontProxyCa() })
    const [, renewed] = extensions
    fixture.plane.apiserver.setEndpoints('kube-system', 'metrics-server', [{ port: renewed?.port ?? 0 }])
    await available()
    expect((await fixture.admin.get(pods)).status).to.equal(200)
  })
})

import { once } from 'node:events'
import tls from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import fc from 'fast-check'
import { createAuthenticator } from '../../src/trust/authn.ts'
import { type App, feed, startApp } from '../app-fixture.ts'
import { askH1, askH2, type Got, servingPair } from '../tls-fixture.ts'

const word = fc.oneof(
  fc.constantFrom(
    'apis',
    'metrics.k8s.io',
    'v1',
    'v1beta1',
    'pods',
    'nodes',
    'namespaces',
    'a',
    'p1',
    'watch',
    'proxy',
  ),
  fc.constantFrom(
    'openapi',
    'v2',
    'v3',
    'readyz',
    'livez',
    'version',
    'status',
    '..',
    '.',
    '',
    '%2e',
    '%2F',
    '%00',
    '%zz',
  ),
  fc.webSegment(),
)
const whole = fc.constantFrom(
  ...[
    '/apis',
    '/openapi/v2',
    '/openapi/v3',
    '/readyz',
    '/version',
    '/',
    '//',
    '/apis/metrics.k8s.io/v1/nodes/n1',
  ],
  ...['/nodes', '/pods', '/namespaces/a/pods', '/namespaces/a/pods/p1'].map(
    (end) => `/apis/metrics.k8s.io/v1beta1${end}`,
  ),
)
const path = fc.oneof(
  whole,
  fc.array(word, { maxLength: 8 }).map((words) => `/${words.join('/')}`),
)
const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom('a', 'b', '=', '!', ',', '(', ')', ' ', 'in', 'notin', '<', '>', '\\', '.'),
    maxLength: 12,
  }),
  fc.constantFrom(
    '1',
    '0',
    '-1',
    'true',
    'false',
    '99999999999999999999',
    'app=x',
    'metadata.name=p1',
    'eyJ2IjoxfQ',
    '15s',
  ),
)
const key = fc.oneof(
  fc.constantFrom(
    'labelSelector',
    'fieldSelector',
    'limit',
    'continue',
    'watch',
    'pretty',
    'timeout',
    'timeoutSeconds',
  ),
  fc.constantFrom(
    'resourceVersion',
    'resourceVersionMatch',
    'sendInitialEvents',
    'includeObject',
    'verbose',
    'exclude',
    'hash',
  ),
  fc.string({ maxLength: 5 }),
)
const query = fc
  .array(fc.tuple(key, text), { maxLength: 4 })
  .map((pairs) => (pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : ''))
const media = fc.constantFrom(
  ...[
    'application/json',
    'application/yaml',
    'application/vnd.kubernetes.protobuf',
    '*/*',
    'application/*',
    'text/html',
    'x',
  ],
  ...[
    'as=Table',
    'as=PartialObjectMetadataList',
    'as=APIGroupDiscoveryList',
    'g=meta.k8s.io',
    'v=v1',
    'q=0.1',
    'q=x',
    ';;=',
  ],
)
const accept = fc.array(media, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(','))
const typed = accept.map((clauses) => clauses.replace(/,(?=as=|g=|v=|q=|;)/g, ';'))
const printable = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 30,
})
const harmless = fc.record(
  {
    accept: typed,
    'accept-encoding': fc.constantFrom('gzip', 'identity', 'gzip;q=0', 'br, gzip'),
    'x-remote-user': printable,
    'if-none-match': printable,
    'user-agent': fc.constantFrom('curl/8', 'Mozilla/5.0', 'kubectl'),
    'audit-id': printable,
  },
  { requiredKeys: [] },
)
const refused = fc.oneof(
  fc.record({
    authorization: fc.oneof(
      printable,
      printable.map((token) => `Bearer ${token}`),
    ),
  }),
  fc.record({ 'impersonate-user': printable }),
)
const headers = fc
  .tuple(harmless, fc.oneof({ weight: 9, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: refused }))
  .map(([some, more]) => ({ ...some, ...more }) as Record<string, string>)
const method = fc.oneof(
  { weight: 8, arbitrary: fc.constant('GET') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'),
  },
)
const request = fc.record({ path: fc.tuple(path, query).map(([a, b]) => a + b), headers, method })
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each)),
  fc
    .tuple(path, text)
    .map(([target, value]) => Buffer.from(`GET ${target}${value} HTTP/1.1\r\nHost: x\r\n${value}\r\n\r\n`)),
)

describe('a frontend under random requests', function () {
  this.timeout(60_000)
  let app: App

  before(async () => {
    const reviewToken = async () => ({ refused: 'unknown token' })
    app = await startApp({
      authenticate: createAuthenticator({ trust: () => ({}), reviewToken, nowMs: () => Date.now() }),
    })
    feed(
      app,
      Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`a/p${n}`, { app: n % 2 ? 'x' : 'y' }])),
    )
  })
  after(() => app.close())

  it('answers each with no error of its own, never in HTML, and keeps nothing of them', async () => {
    const seed = Date.now() % 2 ** 31
    const seen = new Map<number, number>()
    const requests = fc.sample(request, { numRuns: 10_500, seed })
    const garbage = fc.sample(bytes, { numRuns: 200, seed })
    await round(requests.slice(0, 500), [])
    const before = heapUsed()
    await round(requests.slice(500), garbage)
    expect(heapUsed() / before, `seed ${seed}`).to.be.lessThan(1.1)
    expect(app.failures, `seed ${seed}`).to.deep.equal([])
    for (const status of [200, 400, 401, 403, 404, 405, 406])
      expect(seen.get(status), `${status}`).to.be.greaterThan(50)
    expect((await app.get('/readyz')).status).to.equal(200)

    async function round(some: Request[], raw: Buffer[]) {
      const isH1 = (n: number) => n % 10 === 0
      await eachOf(
        some.filter((_, n) => !isH1(n)),
        50,
        async (each) => check(each, await askH2(app.session, each)),
      )
      await eachOf(
        some.filter((_, n) => isH1(n)),
        20,
        async (each) => check(each, await askH1(app.port, each)),
      )
      await eachOf(raw, 10, throwAt)
    }
    function check(each: Request, got: Got) {
      seen.set(got.status, (seen.get(got.status) ?? 0) + 1)
      const what = `seed ${seed}: ${JSON.stringify(each)} → ${got.status}`
      expect(got.status, what).to.be.within(200, 499)
      expect(String(got.headers['content-type'] ?? ''), what).not.to.include('html')
    }
  })

  async function throwAt(some: Buffer): Promise<void> {
    const { cert } = await servingPair()
    const socket = tls.connect({ port: app.port, host: '127.0.0.1', ca: cert, servername: 'localhost' })
    socket.on('error', () => {})
    await once(socket, 'secureConnect')
    socket.end(some)
    socket.resume()
    await once(socket, 'close')
  }
})

async function eachOf<T>(items: T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of rest) await work(item)
    }),
  )
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heapUsed(): number {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

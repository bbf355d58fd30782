import { expect } from 'chai'
import * as status from '../../src/answer/status.ts'
import { authorizationError, forbidden, refused } from '../../src/answer/status-forbidden.ts'
import { renderFailure } from '../../src/render/render-status.ts'
import { fieldsOf, opened } from '../../testing/protobuf-decoder.ts'

const json = { encoding: 'json', pretty: false, raw: false } as const
const body = (failure: status.Failure) => String(renderFailure(failure, json).body)
const head = '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":'
const resource = { apiGroup: 'metrics.k8s.io', resource: 'pods' }

/** Every error body that wire.md gives, to the letter. */
const bodies: [string, status.Failure, number, string][] = [
  [
    'a failed credential',
    status.unauthorized(),
    401,
    `${head}"Unauthorized","reason":"Unauthorized","code":401}`,
  ],
  [
    'a list that is forbidden',
    forbidden({ user: 'u', verb: 'list', ...resource, namespace: 'ns' }),
    403,
    `${head}"pods.metrics.k8s.io is forbidden: User \\"u\\" cannot list resource \\"pods\\" in API group \\"metrics.k8s.io\\" in the namespace \\"ns\\"","reason":"Forbidden","details":{"group":"metrics.k8s.io","kind":"pods"},"code":403}`,
  ],
  [
    'an object that is forbidden, with a reason',
    forbidden({ user: 'u', verb: 'get', ...resource, namespace: 'ns', name: 'p' }, 'no rule'),
    403,
    `${head}"pods.metrics.k8s.io \\"p\\" is forbidden: User \\"u\\" cannot get resource \\"pods\\" in API group \\"metrics.k8s.io\\" in the namespace \\"ns\\": no rule","reason":"Forbidden","details":{"name":"p","group":"metrics.k8s.io","kind":"pods"},"code":403}`,
  ],
  [
    'a list of all namespaces by a user who looks like HTML',
    forbidden({ user: '<b>&', verb: 'list', ...resource }),
    403,
    `${head}"pods.metrics.k8s.io is forbidden: User \\"\\u0026lt;b\\u0026gt;\\u0026amp;\\" cannot list resource \\"pods\\" in API group \\"metrics.k8s.io\\" at the cluster scope","reason":"Forbidden","details":{"group":"metrics.k8s.io","kind":"pods"},"code":403}`,
  ],
  [
    'a path that is forbidden',
    forbidden({ user: 'u', verb: 'get', path: '/metrics' }),
    403,
    `${head}"forbidden: User \\"u\\" cannot get path \\"/metrics\\"","reason":"Forbidden","details":{},"code":403}`,
  ],
  [
    'what we refuse ourselves',
    refused('no'),
    403,
    `${head}"no","reason":"Forbidden","details":{},"code":403}`,
  ],
  [
    'an unknown path of the group',
    status.unknownPath(),
    404,
    `${head}"the server could not find the requested resource","reason":"NotFound","details":{},"code":404}`,
  ],
  [
    'an unknown pod',
    status.podNotFound('p'),
    404,
    `${head}"pods \\"p\\" not found","reason":"NotFound","details":{"name":"p","kind":"pods"},"code":404}`,
  ],
  [
    'a pod without data',
    status.podMetricsNotFound('ns', 'p'),
    404,
    `${head}"podmetrics.metrics.k8s.io \\"ns/p\\" not found","reason":"NotFound","details":{"name":"ns/p","group":"metrics.k8s.io","kind":"podmetrics"},"code":404}`,
  ],
  [
    'an unknown node',
    status.nodeNotFound('n'),
    404,
    `${head}"node \\"n\\" not found","reason":"NotFound","details":{"name":"n","kind":"node"},"code":404}`,
  ],
  [
    'a node without data',
    status.nodeMetricsNotFound('n'),
    404,
    `${head}"nodemetrics.metrics.k8s.io \\"n\\" not found","reason":"NotFound","details":{"name":"n","group":"metrics.k8s.io","kind":"nodemetrics"},"code":404}`,
  ],
  [
    'another method',
    status.methodNotAllowed(),
    405,
    `${head}"the server does not allow this method on the requested resource","reason":"MethodNotAllowed","details":{},"code":405}`,
  ],
  [
    'a watch',
    status.watchNotSupported('pods'),
    405,
    `${head}"watch is not supported on resources of kind \\"pods.metrics.k8s.io\\"","reason":"MethodNotAllowed","details":{"group":"metrics.k8s.io","kind":"pods"},"code":405}`,
  ],
  [
    'a storage error',
    status.internalError('failed reading pods metrics: x'),
    500,
    `${head}"failed reading pods metrics: x","code":500}`,
  ],
  [
    'a store that was never loaded',
    status.serviceUnavailable('no samples yet', 2),
    503,
    `${head}"no samples yet","reason":"ServiceUnavailable","details":{"retryAfterSeconds":2},"code":503}`,
  ],
  [
    'a request that took too long',
    status.timedOut(),
    504,
    '{"metadata":{},"status":"Failure","message":"Timeout: request did not complete within the allotted timeout","reason":"Timeout","details":{},"code":504}',
  ],
]

describe('a failure', () => {
  for (const [what, failure, code, text] of bodies) {
    it(`of ${what} is ${code} and has the body of wire.md`, () => {
      const answer = renderFailure(failure, json)
      expect(answer.code).to.equal(code)
      expect(answer.body).to.equal(`${text}\n`)
      expect(answer.headers['Content-Type']).to.equal('application/json')
    })
  }

  it('of too many requests is plain text and says when to come back', () => {
    const { code, headers, body } = renderFailure(status.tooManyRequests(), json)
    expect([code, body]).to.deep.equal([429, 'Too many requests, please try again later.\n'])
    expect(headers).to.deep.include({ 'Retry-After': '1', 'Content-Type': 'text/plain; charset=utf-8' })
  })

  it('of the authorizer is plain text that cannot be HTML', () => {
    const { code, body } = renderFailure(authorizationError('/apis?a=<b>', 'webhook <down>'), json)
    expect([code, body]).to.deep.equal([
      500,
      'Internal Server Error: "/apis?a=&lt;b&gt;": webhook &lt;down&gt;\n',
    ])
  })

  it('that is forbidden is not sniffed, and one to be tried again says so', () => {
    expect(forbidden({ user: 'u', verb: 'get', path: '/' }).headers).to.deep.equal({
      'X-Content-Type-Options': 'nosniff',
    })
    expect(status.serviceUnavailable('x').headers).to.deep.equal({ 'Retry-After': '1' })
  })

  it('is a protobuf Status for who asks for protobuf', () => {
    const failure = status.podNotFound('p')
    const answer = renderFailure(failure, { encoding: 'protobuf', pretty: false, raw: false })
    expect(answer.headers['Content-Type']).to.equal('application/vnd.kubernetes.protobuf')
    const { apiVersion, kind, message } = opened(answer.body as Buffer)
    expect([apiVersion, kind]).to.deep.equal(['v1', 'Status'])
    const [meta, outcome, text, reason, details, code] = fieldsOf(message).map(({ value }) => value)
    expect([outcome, text, reason].map(String)).to.deep.equal(['Failure', 'pods "p" not found', 'NotFound'])
    expect([(meta as Buffer).toString('hex'), code]).to.deep.equal(['0a0012001a00', 404n])
    expect(fieldsOf(details as Buffer).map(({ value }) => String(value))).to.deep.equal([
      'p',
      '',
      'pods',
      '0',
      '',
    ])
  })

  it('is indented JSON where nothing that we write is accepted', () => {
    const answer = renderFailure(status.unauthorized(), { encoding: 'json', pretty: true, raw: true })
    expect(answer.body).to.equal(JSON.stringify(JSON.parse(body(status.unauthorized())), null, 2))
  })
})

import { expect } from 'chai'
import { answerDiscovery, discoveryPaths } from '../../src/discovery/discovery.ts'
import { answerVersion } from '../../src/discovery/version.ts'
import type { Answer } from '../../src/render/render-status.ts'
import { fieldsOf, opened } from '../../testing/protobuf-decoder.ts'

const aggregated = (version: string) =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
const ask = (path: string, accept?: string, ifNoneMatch?: string) =>
  answerDiscovery(path, { accept, ifNoneMatch, pretty: false }) as Answer
const v1 = { groupVersion: 'metrics.k8s.io/v1', version: 'v1' }
const v1beta1 = { groupVersion: 'metrics.k8s.io/v1beta1', version: 'v1beta1' }

describe('discovery', () => {
  it('is at these paths and no other', () => {
    expect(discoveryPaths).to.deep.equal([
      '/apis',
      '/apis/metrics.k8s.io',
      ...['v1', 'v1beta1'].map((v) => `/apis/metrics.k8s.io/${v}`),
    ])
    expect(() => ask('/apis/other')).to.throw(RangeError)
  })

  it('of a version is the resource list of wire.md, to the letter', () => {
    const { headers, body } = ask('/apis/metrics.k8s.io/v1beta1', 'application/json')
    expect(headers).to.deep.equal({ 'Content-Type': 'application/json' })
    expect(body).to.equal(
      '{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"metrics.k8s.io/v1beta1","resources":[' +
        '{"name":"nodes","singularName":"","namespaced":false,"kind":"NodeMetrics","verbs":["get","list"]},' +
        '{"name":"pods","singularName":"","namespaced":true,"kind":"PodMetrics","verbs":["get","list"]}]}\n',
    )
  })

  it('of the group prefers v1', () => {
    const group = { name: 'metrics.k8s.io', versions: [v1, v1beta1], preferredVersion: v1 }
    expect(JSON.parse(String(ask('/apis').body))).to.deep.equal({
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: [group],
    })
    expect(JSON.parse(String(ask('/apis/metrics.k8s.io').body))).to.deep.equal({
      kind: 'APIGroup',
      apiVersion: 'v1',
      ...group,
    })
  })

  it('in aggregated form has the version and the Content-Type that were asked for', () => {
    for (const version of ['v2', 'v2beta1']) {
      const { code, headers, body } = ask('/apis', aggregated(version))
      expect(code).to.equal(200)
      expect(headers).to.deep.include({
        'Content-Type': aggregated(version),
        Vary: 'Accept',
        'Cache-Control': 'public',
      })
      expect(JSON.parse(String(body))).to.deep.include({
        apiVersion: `apidiscovery.k8s.io/${version}`,
        metadata: {},
      })
    }
    const all = `${aggregated('v2')},${aggregated('v2beta1')},application/json`
    expect(ask('/apis', all).headers['Content-Type']).to.equal(aggregated('v2'))
  })

  it('in aggregated form says all of each resource: clients drop one whose kind is not whole', () => {
    const resource = (version: string, name: string, kind: string, scope: string) => ({
      resource: name,
      responseKind: { group: 'metrics.k8s.io', version, kind },
      scope,
      singularResource: '',
      verbs: ['get', 'list'],
    })
    const versions = ['v1', 'v1beta1'].map((version) => ({
      version,
      resources: [
        resource(version, 'nodes', 'NodeMetrics', 'Cluster'),
        resource(version, 'pods', 'PodMetrics', 'Namespaced'),
      ],
      freshness: 'Current',
    }))
    expect(JSON.parse(String(ask('/apis', aggregated('v2')).body)).items).to.deep.equal([
      { metadata: { name: 'metrics.k8s.io' }, versions },
    ])
  })

  it('is not sent again to who has it', () => {
    const { ETag } = ask('/apis', aggregated('v2')).headers as { ETag: string }
    expect(ETag).to.match(/^"[0-9A-F]{128}"$/)
    expect(ask('/apis', aggregated('v2'), ETag)).to.deep.include({ code: 304, body: '' })
    expect(ask('/apis', aggregated('v2'), ETag.slice(1, -1)).code).to.equal(200)
    expect(ask('/apis', aggregated('v2beta1'), ETag).code).to.equal(200)
  })

  it('is a 406 for who takes only what there is not', () => {
    expect(ask('/apis', 'text/plain').code).to.equal(406)
    expect(ask('/apis/metrics.k8s.io', aggregated('v2')).code).to.equal(406)
    expect(ask('/apis', aggregated('v3')).code).to.equal(406)
  })

  it('in protobuf is the bytes of metrics-server, with another version beside', () => {
    const { message, kind } = opened(
      ask('/apis/metrics.k8s.io/v1beta1', 'application/vnd.kubernetes.protobuf').body as Buffer,
    )
    expect(kind).to.equal('APIResourceList')
    expect(message.toString('hex')).to.equal(
      '0a166d6574726963732e6b38732e696f2f76316265746131122b0a056e6f64657310001a0b4e6f64654d657472696373220b0a036765740a046c697374320042004a00520012290a04706f647310011a0a506f644d657472696373220b0a036765740a046c697374320042004a005200',
    )
    const group = fieldsOf(
      opened(ask('/apis/metrics.k8s.io', 'application/vnd.kubernetes.protobuf').body as Buffer).message,
    )
    expect(group.map(({ number }) => number)).to.deep.equal([1, 2, 2, 3])
    expect(
      group.slice(1).map(({ value }) => fieldsOf(value as Buffer).map((each) => String(each.value))),
    ).to.deep.equal([v1, v1beta1, v1].map(Object.values))
  })

  it('in YAML says the same', () => {
    expect(ask('/apis/metrics.k8s.io/v1', 'application/yaml').body).to.match(
      /^apiVersion: v1\ngroupVersion: metrics\.k8s\.io\/v1\nkind: APIResourceList\n/,
    )
  })
})

describe('the version', () => {
  it('is indented JSON, and a 406 for who takes none', () => {
    const answer = answerVersion({ version: '1.2.3' }, undefined) as Answer
    expect(JSON.parse(String(answer.body))).to.include({ major: '1', minor: '2', gitVersion: 'v1.2.3' })
    expect(answer.body).to.match(/^\{\n {2}"major"/)
    expect(answerVersion({ version: '1.2.3' }, 'application/yaml').code).to.equal(406)
  })
})

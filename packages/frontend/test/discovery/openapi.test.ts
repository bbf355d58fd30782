import { expect } from 'chai'
import { createOpenapi, type OpenapiReader, openapiPaths } from '../../src/discovery/openapi.ts'

const openapi = createOpenapi('1.2.3')
const reader: OpenapiReader = {
  accept: undefined,
  ifNoneMatch: undefined,
  hash: '',
  nowMs: Date.UTC(2026, 10, 21),
}
const read = (path: string, rest: Partial<OpenapiReader> = {}) => openapi(path, { ...reader, ...rest })
const json = (path: string) => JSON.parse(String(read(path).body))
const document = '/openapi/v3/apis/metrics.k8s.io/v1'

/** All references in a document. */
function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, each]) => (key === '$ref' ? [String(each)] : references(each)))
}

/** Every property that kubectl explain would list, with the type it belongs to. */
function undescribed(
  schemas: Record<string, { properties?: Record<string, { description?: string }> }>,
): string[] {
  return Object.entries(schemas).flatMap(([name, { properties = {} }]) =>
    Object.entries(properties).flatMap(([field, { description }]) =>
      description ? [] : [`${name}.${field}`],
    ),
  )
}

describe('OpenAPI', () => {
  it('v3 lists our two versions and nothing else, with hashes that lead to the documents', () => {
    const { paths } = json('/openapi/v3')
    expect(Object.keys(paths)).to.deep.equal(['apis/metrics.k8s.io/v1', 'apis/metrics.k8s.io/v1beta1'])
    for (const { serverRelativeURL } of Object.values(paths) as { serverRelativeURL: string }[]) {
      const { pathname, searchParams } = new URL(serverRelativeURL, 'http://x')
      const hash = searchParams.get('hash') as string
      const { headers, code } = read(pathname, { hash })
      expect([code, headers.ETag, headers['Cache-Control']]).to.deep.equal([
        200,
        `"${hash}"`,
        'public, immutable',
      ])
      expect(headers.Expires).to.equal('Sun, 21 Nov 2027 00:00:00 GMT')
    }
  })

  it('does not redirect from a hash that is not the document’s: the aggregator would make that a 502', () => {
    const { code, headers } = read(document, { hash: 'ABC' })
    expect([code, headers['Cache-Control']]).to.deep.equal([200, undefined])
  })

  it('describes every field of every kind, and every reference leads somewhere', () => {
    const v3 = json(document)
    const v2 = json('/openapi/v2')
    expect(undescribed(v3.components.schemas)).to.deep.equal([])
    expect(undescribed(v2.definitions)).to.deep.equal([])
    for (const link of references(v3))
      expect(v3.components.schemas).to.have.property(link.replace('#/components/schemas/', ''))
    for (const link of references(v2))
      expect(v2.definitions).to.have.property(link.replace('#/definitions/', ''))
  })

  it('ties paths and schemas to the kinds that kubectl explain looks for', () => {
    const { paths, components } = json(document)
    const gvk = { group: 'metrics.k8s.io', version: 'v1', kind: 'PodMetrics' }
    const pod = paths['/apis/metrics.k8s.io/v1/namespaces/{namespace}/pods/{name}'].get
    expect(pod['x-kubernetes-group-version-kind']).to.deep.equal(gvk)
    const schema = components.schemas['io.k8s.metrics.pkg.apis.metrics.v1.PodMetrics']
    expect(schema['x-kubernetes-group-version-kind']).to.deep.equal([gvk])
    expect(Object.keys(paths)).to.have.length(5)
  })

  it('v2 holds only types of metrics, so that no name clashes with kube-apiserver’s', () => {
    const { definitions, paths } = json('/openapi/v2')
    expect(Object.keys(definitions)).to.have.length(10)
    for (const name of Object.keys(definitions))
      expect(name).to.match(/^io\.k8s\.metrics\.pkg\.apis\.metrics\.v1(beta1)?\./)
    for (const path of Object.keys(paths)) expect(path).to.match(/^\/apis\/metrics\.k8s\.io\/v1(beta1)?\//)
    const ids = Object.values(paths as Record<string, { get: { operationId: string } }>).map(
      ({ get }) => get.operationId,
    )
    expect(new Set(ids).size).to.equal(10)
  })

  it('is JSON or a bare 406, and not sent again to who has it', () => {
    for (const path of openapiPaths) {
      const { headers } = read(path, { accept: 'application/json, */*' })
      expect(headers['Content-Type']).to.equal('application/json')
      expect(read(path, { ifNoneMatch: headers.ETag })).to.deep.include({ code: 304, body: '' })
    }
    const onlyProtobuf = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'
    expect(read('/openapi/v2', { accept: onlyProtobuf })).to.deep.equal({
      code: 406,
      headers: { Vary: 'Accept' },
      body: '',
    })
    expect(() => read('/openapi/v9')).to.throw(RangeError)
  })

  it('is the same on every replica', () => {
    for (const path of openapiPaths) expect(createOpenapi('1.2.3')(path, reader)).to.deep.equal(read(path))
  })
})

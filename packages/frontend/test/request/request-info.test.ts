import { expect } from 'chai'
import fc from 'fast-check'
import { requestInfo } from '../../src/request/request-info.ts'

const group = '/apis/metrics.k8s.io/v1'
/** `verb namespace/resource/name`, with `:subresource`; `verb path` for what is no resource. */
function read(url: string, method = 'GET'): string | undefined {
  const info = requestInfo(method, url)
  if (!info?.resource) return info && `${info.verb} ${info.path}`
  const { namespace, resource, name, subresource } = info.resource
  return `${info.verb} ${namespace}/${resource}/${name}${subresource && `:${subresource}`}`
}

describe('what a request asks for', () => {
  it('is get with a name, list without, over one namespace or all', () => {
    expect(read(`${group}/nodes`)).to.equal('list /nodes/')
    expect(read(`${group}/nodes/n1`)).to.equal('get /nodes/n1')
    expect(read(`${group}/pods`)).to.equal('list /pods/')
    expect(read(`${group}/namespaces/ns/pods`)).to.equal('list ns/pods/')
    expect(read(`${group}/namespaces/ns/pods/p/log`)).to.equal('get ns/pods/p:log')
    expect(read(`${group}/namespaces/ns/pods/`)).to.equal('list ns/pods/')
    expect(requestInfo('GET', `${group}/nodes`)?.resource).to.include({
      group: 'metrics.k8s.io',
      version: 'v1',
    })
  })

  it('follows the method: HEAD reads, others change', () => {
    const verbs = ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'constructor'].map((method) => {
      return [read(`${group}/nodes/n1`, method), read(`${group}/nodes`, method)]
    })
    expect(verbs).to.deep.equal([
      ['get /nodes/n1', 'list /nodes/'],
      ['create /nodes/n1', 'create /nodes/'],
      ['update /nodes/n1', 'update /nodes/'],
      ['patch /nodes/n1', 'patch /nodes/'],
      ['delete /nodes/n1', 'deletecollection /nodes/'],
      [' /nodes/n1', ' /nodes/'],
      [' /nodes/n1', ' /nodes/'],
    ])
  })

  it('is watch unless watch says false or 0, or by the prefix in the path', () => {
    for (const query of ['watch=true', 'watch=1', 'watch=', 'watch=no']) {
      expect(read(`${group}/nodes?${query}`)).to.equal('watch /nodes/')
    }
    for (const query of ['watch=false', 'watch=0', 'watch=False', 'watch=0&watch=1']) {
      expect(read(`${group}/nodes?${query}`)).to.equal('list /nodes/')
    }
    expect(read(`${group}/watch/namespaces/ns/pods`)).to.equal('watch ns/pods/')
    expect(read(`${group}/watch/nodes/n1`)).to.equal('watch /nodes/n1')
    expect(requestInfo('GET', `${group}/watch/nodes`)?.resource?.verbInPath).to.equal(true)
    expect(requestInfo('GET', `${group}/watch`)).to.equal(undefined)
  })

  it('names the object that a list is restricted to', () => {
    expect(read(`${group}/nodes?fieldSelector=metadata.name%3Dn1`)).to.equal('list /nodes/n1')
    expect(
      read(`${group}/namespaces/ns/pods?fieldSelector=metadata.namespace%3Dns%2Cmetadata.name%3D%3Dp`),
    ).to.equal('list ns/pods/p')
    expect(read(`${group}/nodes?watch=true&fieldSelector=metadata.name%3Dn1`)).to.equal('watch /nodes/n1')
    for (const selector of [
      'metadata.name!=n1',
      'metadata.name',
      'metadata.name=a/b',
      'metadata.name=..',
      '=,=',
    ]) {
      expect(read(`${group}/nodes?fieldSelector=${encodeURIComponent(selector)}`)).to.equal('list /nodes/')
    }
  })

  it('is a path with the method for everything else', () => {
    expect(read('/metrics')).to.equal('get /metrics')
    expect(read('/readyz/ping?verbose', 'HEAD')).to.equal('head /readyz/ping')
    expect(read(group)).to.equal(`get ${group}`)
    expect(read(`${group}/`)).to.equal(`get ${group}/`)
    expect(read('/openapi/v3/apis/metrics.k8s.io/v1?hash=1')).to.equal(
      'get /openapi/v3/apis/metrics.k8s.io/v1',
    )
    expect(read('/api/v1/pods')).to.equal('list /pods/')
  })

  it('knows namespaces themselves', () => {
    expect(read('/api/v1/namespaces')).to.equal('list /namespaces/')
    expect(read('/api/v1/namespaces/ns')).to.equal('get ns/namespaces/ns')
    expect(read('/api/v1/namespaces/ns/status')).to.equal('get ns/namespaces/ns:status')
  })

  it('decodes a path, and refuses what parsers of URLs could read in two ways', () => {
    expect(read('/%72eadyz')).to.equal('get /readyz')
    expect(read(`${group}/nodes/n%201`)).to.equal('get /nodes/n 1')
    const bad = [
      '*',
      'http://h/readyz',
      '',
      '/%',
      '/%zz',
      '/%ff',
      '/a%2fb',
      '/a%5Cb',
      '/a\\b',
      '/a#b',
      '/a b',
      '/%00',
      '/é',
      `/?a=${'x'.repeat(65_536)}`,
    ]
    expect(bad.filter((url) => requestInfo('GET', url))).to.deep.equal([])
  })

  it('survives anything', () => {
    const url = fc.array(
      fc.oneof(fc.constantFrom('/', '?', '%', '&', '=', 'apis', 'watch', 'namespaces'), fc.string()),
    )
    fc.assert(
      fc.property(url, fc.string(), (parts, method) => void requestInfo(method, `/${parts.join('')}`)),
    )
  })
})

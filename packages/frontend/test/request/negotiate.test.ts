import { expect } from 'chai'
import fc from 'fast-check'
import type { Failure, Status } from '../../src/answer/status.ts'
import { negotiate, negotiateError, prettyAsked } from '../../src/request/negotiate.ts'

const list = (accept: string | undefined) =>
  negotiate(accept, { resource: 'pods', list: true, pretty: false })
const protobuf = 'application/vnd.kubernetes.protobuf'
const table = (version: string) => `application/json;as=Table;v=${version};g=meta.k8s.io`
const message = (found: unknown) => ((found as Failure).body as Status).message

describe('the Accept header', () => {
  it('of every client we know gets what it asks for', () => {
    const json = { encoding: 'json', pretty: false }
    const cases: [string | undefined, object][] = [
      [undefined, json],
      ['*/*', json],
      ['application/json, */*', json],
      [`${protobuf}, */*`, { encoding: 'protobuf', pretty: false }],
      [`${protobuf},application/json`, { encoding: 'protobuf', pretty: false }],
      ['application/cbor, application/json;q=0.9', json],
      ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', json],
      ['application/yaml', { encoding: 'yaml', pretty: false }],
      [
        `${table('v1')},${table('v1beta1')},application/json`,
        { ...json, transform: { kind: 'Table', version: 'v1' } },
      ],
      [
        `${protobuf};as=Table;v=v1;g=meta.k8s.io,${table('v1beta1')}`,
        { ...json, transform: { kind: 'Table', version: 'v1beta1' } },
      ],
      ['application/json;pretty=1', { encoding: 'json', pretty: true }],
    ]
    for (const [accept, media] of cases) expect(list(accept), accept).to.deep.equal(media)
  })

  it('ranks by q, then what is named before wildcards, then by order', () => {
    expect(list('application/json;q=0.1,application/yaml;q=0.9')).to.include({ encoding: 'yaml' })
    expect(list('*/*, application/yaml')).to.include({ encoding: 'yaml' })
    expect(list('application/yaml, application/json')).to.include({ encoding: 'yaml' })
  })

  it('that nothing fits is a 406 which says what there is', () => {
    const three = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
    const streams = ', application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch'
    expect(message(list('text/plain'))).to.equal(
      `406: Not Acceptable\n\nAvailable representations: ${three}${streams}`,
    )
    const one = negotiate('text/plain', { resource: 'nodes', list: false, pretty: false })
    expect(message(one)).to.equal(`406: Not Acceptable\n\nAvailable representations: ${three}`)
    expect(message(list('application/json;as=Foo;v=v1;g=meta.k8s.io'))).to.equal(
      `only the following media types are accepted: ${three}`,
    )
  })

  it('is read for its first 16 KiB, for anybody may send a megabyte of it', () => {
    expect(list(`${'a/b,'.repeat(4_000)}application/json`)).to.include({ encoding: 'json' })
    expect(message(list(`${'a/b,'.repeat(4_096)}application/json`))).to.include('406: Not Acceptable')
  })

  it('is never a reason to refuse an error, nor to transform it', () => {
    expect(negotiateError(`${table('v1')},application/json`, false)).to.deep.equal({
      encoding: 'json',
      pretty: false,
      raw: false,
    })
    expect(negotiateError(table('v1'), false)).to.deep.equal({ encoding: 'json', pretty: true, raw: true })
    expect(negotiateError(protobuf, true)).to.deep.equal({ encoding: 'protobuf', pretty: false, raw: false })
  })

  it('of any sort is a media type or a 406', () => {
    const part = fc.constantFrom(
      'application',
      '*',
      'json',
      'yaml',
      '/',
      ',',
      ';',
      'q=',
      '0.5',
      'as=Table',
      'v=v1',
      'g=meta.k8s.io',
      '=',
      ' ',
      'é',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join('')),
        ),
        (accept) => {
          const found = list(accept)
          expect('encoding' in found || found.code === 406).to.equal(true)
          expect(negotiateError(accept, false)).to.have.property('encoding')
        },
      ),
    )
  })
})

describe('indented JSON', () => {
  it('is for who asks for it, else for a person’s tool', () => {
    const asked = (query: string, agent?: string) => prettyAsked(new URLSearchParams(query), agent)
    expect([
      asked('pretty=true'),
      asked('pretty=1'),
      asked('', 'curl/8'),
      asked('', 'Mozilla/5.0 (X11)'),
    ]).to.deep.equal([true, true, true, true])
    expect([
      asked(''),
      asked('pretty=false', 'curl/8'),
      asked('pretty=x', 'curl/8'),
      asked('', 'kubectl/v1.35'),
    ]).to.deep.equal([false, false, false, false])
  })
})

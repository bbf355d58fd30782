import { expect } from 'chai'
import fc from 'fast-check'
import type { Failure, Status } from '../../src/answer/status.ts'
import {
  type ListOptions,
  parseIncludeObject,
  parseListOptions,
  parseTimeout,
} from '../../src/request/list-options.ts'
import { continueToken } from '../../src/request/paging.ts'

const parse = (query: string) => parseListOptions(new URLSearchParams(query))
const options = (query: string) => parse(query) as ListOptions
const message = (found: unknown) => ((found as Failure).body as Status).message

describe('the query of a list', () => {
  it('may say nothing, or what nobody knows', () => {
    expect(parse('')).to.deep.equal({ watch: false })
    expect(parse('foo=bar&resourceVersion=x&allowWatchBookmarks=x&timeoutSeconds=5')).to.deep.equal({
      watch: false,
    })
  })

  it('is read as Go does: plus is a space, of repeated keys the first counts, a bool is true unless it says not', () => {
    expect(options('labelSelector=app+in+%28a%2Cb%29').labelSelector?.requirements).to.deep.equal([
      { key: 'app', operator: 'in', values: ['a', 'b'] },
    ])
    expect(options('limit=1&limit=x').limit).to.equal(1)
    for (const [query, watch] of [
      ['watch=', true],
      ['watch=x', true],
      ['watch=0', false],
      ['watch=FALSE', false],
    ] as const) {
      expect(options(query).watch, query).to.equal(watch)
    }
  })

  it('takes a limit above 0 and a token', () => {
    expect(options('limit=500').limit).to.equal(500)
    for (const none of ['limit=0', 'limit=-1']) expect(options(none)).to.deep.equal({ watch: false })
    const position = { namespace: 'ns', name: 'p' }
    expect(options(`continue=${continueToken(position)}`).after).to.deep.equal(position)
  })

  it('with numbers that are none is a 400 in the words of Go', () => {
    expect(message(parse('limit=abc'))).to.equal('strconv.ParseInt: parsing "abc": invalid syntax')
    expect(message(parse('limit='))).to.equal('strconv.ParseInt: parsing "": invalid syntax')
    expect(message(parse('timeoutSeconds=99999999999999999999'))).to.equal(
      'strconv.ParseInt: parsing "99999999999999999999": value out of range',
    )
  })

  it('with selectors that are none is a 400', () => {
    expect(parse('labelSelector=a+in+)')).to.deep.include({ code: 400 })
    expect(parse('fieldSelector=spec.nodeName=x')).to.deep.include({ code: 400 })
  })

  it('that contradicts itself is a 422', () => {
    for (const query of [
      'resourceVersionMatch=Exact',
      'sendInitialEvents=true',
      'watch=1&sendInitialEvents=1',
    ]) {
      expect(parse(query), query).to.deep.include({ code: 422 })
    }
    expect(message(parse('resourceVersionMatch=Exact'))).to.equal(
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    )
  })

  it('of any sort is options or a 4xx, never an exception', () => {
    const names = [
      'labelSelector',
      'fieldSelector',
      'limit',
      'continue',
      'watch',
      'resourceVersionMatch',
      'sendInitialEvents',
      'timeoutSeconds',
    ]
    const pairs = fc.array(fc.tuple(fc.constantFrom(...names), fc.string({ unit: 'binary' })))
    fc.assert(
      fc.property(pairs, (given) => {
        const found = parseListOptions(new URLSearchParams(given))
        if ('code' in found) expect([400, 422]).to.include(found.code)
      }),
    )
  })
})

describe('other parameters', () => {
  it('say what rows of a table include', () => {
    const parse = (query: string) => parseIncludeObject(new URLSearchParams(query))
    expect(['', 'includeObject=', 'includeObject=None', 'includeObject=Object'].map(parse)).to.deep.equal([
      ...['Metadata', 'Metadata', 'None', 'Object'],
    ])
    expect(parse('includeObject=x')).to.deep.include({ code: 400 })
  })

  it('say how long a request may take, as Go reads durations', () => {
    const parse = (query: string) => parseTimeout(new URLSearchParams(query))
    expect(['', 'timeout=32s', 'timeout=1m0.5s', 'timeout=0', 'timeout=-5s'].map(parse)).to.deep.equal([
      0, 32_000, 60_500, 0, 0,
    ])
    const prefix = 'invalid timeout specified in the request URL - time: '
    expect(message(parse('timeout=5'))).to.equal(`${prefix}missing unit in duration "5"`)
    expect(message(parse('timeout=5q'))).to.equal(`${prefix}unknown unit "q" in duration "5q"`)
    expect(message(parse('timeout=x'))).to.equal(`${prefix}invalid duration "x"`)
  })
})

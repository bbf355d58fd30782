import { expect } from 'chai'
import fc from 'fast-check'
import { isFailure } from '../../src/answer/status.ts'
import { continueToken, parseContinueToken } from '../../src/request/paging.ts'

const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('a continue token', () => {
  it('says where the page before ended, and stands in a query as it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1, unit: 'grapheme' }), (namespace, name) => {
        const text = continueToken({ namespace, name })
        expect(text).to.match(/^[\w-]+$/)
        expect(parseContinueToken(text)).to.deep.equal({ namespace, name })
      }),
    )
  })

  it('that is none of ours is a 400, whatever it is', () => {
    const bad = [
      '',
      '!',
      'abc',
      token(null),
      token(5),
      token({}),
      token({ v: 'meta.k8s.io/v1', rv: 1, start: 'a' }),
    ]
    const ours = { v: 'metrics-ring/v1' }
    for (const start of [undefined, 'a', [], ['a'], ['a', ''], ['a', 5], [null, 'a']])
      bad.push(token({ ...ours, start }))
    for (const text of bad) expect(parseContinueToken(text), text).to.deep.include({ code: 400 })
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => isFailure(parseContinueToken(text))))
  })
})

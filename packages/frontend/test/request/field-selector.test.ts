import { expect } from 'chai'
import fc from 'fast-check'
import { type FieldSelector, parseFieldSelector } from '../../src/request/field-selector.ts'

const escaped = (value: string) => value.replace(/[\\,=]/g, '\\$&')
const faultOf = (text: string) => (parseFieldSelector(text) as { fault: string }).fault
const parsed = (text: string) => parseFieldSelector(text) as FieldSelector

describe('a field selector', () => {
  it('selects by name and namespace, all terms together, whatever they hold', () => {
    const field = fc.constantFrom('metadata.name' as const, 'metadata.namespace' as const)
    const value = fc.oneof(
      fc.constantFrom('p', 'q', ''),
      fc.string({ unit: 'grapheme' }),
      fc.stringMatching(/^[\\,=a!]{0,6}$/),
    )
    const term = fc.record({ field, value, operator: fc.constantFrom('=', '==', '!=') })
    fc.assert(
      fc.property(fc.array(term, { minLength: 1, maxLength: 3 }), value, value, (terms, name, namespace) => {
        const selector = parsed(
          terms.map((each) => `${each.field}${each.operator}${escaped(each.value)}`).join(','),
        )
        const fits = terms.every((each) => {
          const own = each.field === 'metadata.name' ? name : namespace
          return (own === each.value) === (each.operator !== '!=')
        })
        expect(selector.matches({ name, namespace })).to.equal(fits)
        if (fits && selector.name !== undefined) expect(selector.name).to.equal(name)
        if (fits && selector.namespace !== undefined) expect(selector.namespace).to.equal(namespace)
      }),
    )
  })

  it('of another field, or of nothing that can be understood, says so as Kubernetes does', () => {
    expect(faultOf('spec.nodeName=x')).to.equal(
      '"spec.nodeName" is not a known field selector: only "metadata.name", "metadata.namespace"',
    )
    expect(faultOf('x')).to.equal("invalid selector: 'x'; can't understand 'x'")
    expect(faultOf('metadata.name=a\\b')).to.equal('invalid field selector: invalid escape sequence: \\b')
    expect(faultOf('metadata.name=a\\')).to.equal('invalid field selector: invalid escape sequence: \\')
    expect(faultOf('metadata.name=a=b')).to.equal('invalid field selector: unescaped character in value: 61')
  })

  it('never matches a node by a namespace, and names the one name that can match', () => {
    expect(parsed('metadata.namespace=ns').matches({ name: 'n', namespace: '' })).to.equal(false)
    expect(parsed('metadata.namespace!=ns').matches({ name: 'n', namespace: '' })).to.equal(true)
    expect(parsed('metadata.name=n,metadata.namespace!=x').name).to.equal('n')
    expect(parsed('metadata.name!=n').name).to.equal(undefined)
  })

  it('of nothing restricts nothing, and of anything at all is a selector or a fault', () => {
    expect([parseFieldSelector(''), parseFieldSelector(',,'), parseFieldSelector('=')]).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ])
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const selector = parseFieldSelector(text)
        expect(selector === undefined || 'fault' in selector || 'matches' in selector).to.equal(true)
      }),
    )
  })
})

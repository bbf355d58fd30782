import { expect } from 'chai'
import fc from 'fast-check'
import type { Operator, Requirement } from '../../src/request/label-parse.ts'
import { type LabelSelector, parseLabelSelector } from '../../src/request/label-selector.ts'
import type { Labels } from '../../src/view/item.ts'
import { vectors } from '../vectors.ts'

type Golden = { sets: Labels[]; selectors: { selector: string; error?: string; matches?: string }[] }

const keys = ['a', 'b', 'app', 'in', 'example.com/k', 'constructor', '1']
const values = ['', 'x', 'y', 'notin', '5', '10']
const key = fc.constantFrom(...keys)
const value = fc.constantFrom(...values)
const space = fc.constantFrom('', ' ', '\t ', '\n')
const labels: fc.Arbitrary<Labels> = fc.dictionary(key, fc.oneof(value, fc.constant('-7')), {
  maxKeys: 5,
  noNullPrototype: true,
})

const requirement: fc.Arbitrary<Requirement> = fc.oneof(
  fc.record({ key, operator: fc.constantFrom<Operator>('exists', '!'), values: fc.constant([] as string[]) }),
  fc.record({
    key,
    operator: fc.constantFrom<Operator>('=', '==', '!='),
    values: value.map((each) => [each]),
  }),
  fc.record({
    key,
    operator: fc.constantFrom<Operator>('in', 'notin'),
    values: fc.uniqueArray(value, { minLength: 1 }),
  }),
  fc.record({
    key,
    operator: fc.constantFrom<Operator>('>', '<'),
    values: fc.constantFrom('5', '9', '010').map((each) => [each]),
  }),
)

/** A requirement as someone might write it. */
function written({ key, operator, values }: Requirement, gap: string): string {
  if (operator === 'exists') return `${gap}${key}${gap}`
  if (operator === '!') return `${gap}!${gap}${key}`
  if (operator === 'in' || operator === 'notin')
    return `${key} ${operator} ${gap}(${gap}${values.join(`${gap},${gap}`)})${gap}`
  return `${key}${gap}${operator}${gap}${values[0]}${gap}`
}

/** Kubernetes' documentation, word by word. */
function fits({ key, operator, values }: Requirement, of: Labels): boolean {
  const own = Object.entries(of).find(([each]) => each === key)?.[1]
  if (operator === 'exists') return own !== undefined
  if (operator === '!') return own === undefined
  if (operator === '!=' || operator === 'notin') return own === undefined || !values.includes(own)
  if (own === undefined) return false
  if (operator === '>' || operator === '<') {
    if (!/^-?[0-9]+$/.test(own)) return false
    return operator === '>' ? Number(own) > Number(values[0]) : Number(own) < Number(values[0])
  }
  return values.includes(own)
}

function parsed(text: string): LabelSelector | undefined {
  const selector = parseLabelSelector(text)
  if (selector && 'fault' in selector) throw new Error(selector.fault)
  return selector
}

describe('a label selector', () => {
  const { sets, selectors } = vectors<Golden>('label-selectors.golden.json')

  it('is taken or refused as Kubernetes does, in the same words, and matches the same', () => {
    for (const { selector, error, matches } of selectors) {
      const ours = parseLabelSelector(selector)
      if (ours && 'fault' in ours) expect(ours.fault, selector).to.equal(error)
      else
        expect(sets.map((each) => (ours && !ours.matches(each) ? '0' : '1')).join(''), selector).to.equal(
          matches,
        )
    }
  })

  it('selects what a naive scan selects', () => {
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 4 }), space, fc.array(labels), (all, gap, scanned) => {
        const selector = parsed(all.map((each) => written(each, gap)).join(','))
        const selected = scanned.filter((each) => selector?.matches(each) ?? true)
        expect(selected).to.deep.equal(scanned.filter((each) => all.every((one) => fits(one, each))))
      }),
      { numRuns: 300 },
    )
  })

  it('of thousands of requirements looks at a label set as often as one of few', () => {
    let looks = 0
    const counted = new Proxy({ app: 'x', tier: 'y' } as Record<string, string>, {
      get(target, key) {
        looks++
        return Reflect.get(target, key)
      },
      getOwnPropertyDescriptor(target, key) {
        looks++
        return Reflect.getOwnPropertyDescriptor(target, key)
      },
    })
    const many = (each: (n: number) => string) => Array.from({ length: 2_000 }, (_, n) => each(n)).join(',')
    const ways: ((n: number) => string)[] = [
      (n) => `k${n}!=b`,
      (n) => `!k${n}`,
      (n) => `app!=v${n}`,
      (n) => `app notin (v${n},w${n})`,
      () => 'app',
      (n) => `app in (x,z${n})`,
    ]
    for (const each of ways) {
      looks = 0
      expect(parsed(many(each))?.matches(counted), each(0)).to.equal(true)
      expect(looks, each(0)).to.be.below(10)
    }
  })

  it('names pairs that every match has, so that an index finds all of them', () => {
    fc.assert(
      fc.property(fc.array(requirement, { minLength: 1, maxLength: 3 }), labels, (all, of) => {
        const selector = parsed(all.map((each) => written(each, ' ')).join(',')) as LabelSelector
        const own = Object.entries(of).map((pair) => pair.join('='))
        if (selector.matches(of)) expect(own).to.include.members([...selector.pairs])
      }),
    )
    expect(parsed('a=b,c in (d),e in (f,g),!h,i==')?.pairs).to.deep.equal(['a=b', 'c=d', 'i='])
  })

  it('of nothing restricts nothing', () => {
    expect([parseLabelSelector(''), parseLabelSelector(' \t')]).to.deep.equal([undefined, undefined])
  })

  it('of anything at all is a selector or a fault, never an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const selector = parseLabelSelector(text)
        expect(selector === undefined || 'fault' in selector || 'matches' in selector).to.equal(true)
      }),
    )
  })
})

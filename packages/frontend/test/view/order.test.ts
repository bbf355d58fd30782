import { expect } from 'chai'
import fc from 'fast-check'
import { createOrder } from '../../src/view/order.ts'

describe('an order of names', () => {
  it('is that of a full sort after any additions and removals', () => {
    const operation = fc.record({
      name: fc.string({ unit: fc.constantFrom('a', 'b', '-', '1'), minLength: 1, maxLength: 4 }),
      look: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const order = createOrder<{ name: string }>()
        const present = new Map<string, { name: string }>()
        for (const { name, look } of operations) {
          const known = present.get(name)
          if (known) {
            order.remove(known)
            present.delete(name)
          } else {
            const entry = { name }
            order.add(entry)
            present.set(name, entry)
          }
          if (look) order.all()
        }
        const seen = order.all().filter((entry) => present.get(entry.name) === entry)
        expect(seen.map(({ name }) => name)).to.deep.equal([...present.keys()].sort())
      }),
    )
  })

  it('merges thousands of additions without being looked at', () => {
    const order = createOrder<{ name: string }>()
    const names = Array.from({ length: 20_000 }, (_, n) => `pod-${(n * 7919) % 20_000}`)
    for (const name of names) order.add({ name })
    expect(order.all().map(({ name }) => name)).to.deep.equal(names.sort())
  })
})

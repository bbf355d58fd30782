import { expect } from 'chai'
import fc from 'fast-check'
import { createNames } from '../../src/view/names.ts'

type Entry = { name: string }

describe('entries by name', () => {
  it('are those that a Map of names would have', () => {
    // The first four have two hashes among them.
    const name = fc.constantFrom(
      'costarring',
      'liquid',
      'altarage',
      'zinke',
      '',
      'x',
      'x'.repeat(300),
      `${'x'.repeat(300)}y`,
    )
    const deed = fc.record({ name, add: fc.boolean() })
    fc.assert(
      fc.property(fc.array(deed), (deeds) => {
        const [names, model] = [createNames<Entry>(), new Map<string, Entry>()]
        for (const { name, add } of deeds) {
          const known = model.get(name)
          expect(names.get(name)).to.equal(known)
          if (add && !known) {
            const entry = { name }
            names.add(entry)
            model.set(name, entry)
          }
          if (!add && known) {
            names.remove(known)
            model.delete(name)
          }
          // Nothing of it is in there: nothing happens.
          if (!add && !known) names.remove({ name })
          expect(names.size()).to.equal(model.size)
          expect(names.all()).to.have.members([...model.values()])
        }
      }),
    )
  })
})

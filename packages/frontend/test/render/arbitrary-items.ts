import fc from 'fast-check'
import type { ItemUsage, Labels, NodeItem, PodItem } from '../../src/view/item.ts'

const word = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/)
const anyText = fc.oneof(
  { weight: 4, arbitrary: word },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
)

const usage: fc.Arbitrary<ItemUsage> = fc
  .tuple(fc.maxSafeNat(), fc.maxSafeNat(), fc.option(fc.maxSafeNat(), { nil: undefined }))
  .map(([cpuNanocores, memoryBytes, swapBytes]) => {
    return swapBytes === undefined ? { cpuNanocores, memoryBytes } : { cpuNanocores, memoryBytes, swapBytes }
  })
const labels: fc.Arbitrary<Labels> = fc.dictionary(
  fc.oneof(word, fc.constantFrom('10', '9', '100', 'example.com/x')),
  anyText,
  { maxKeys: 6, noNullPrototype: true },
)
const times = {
  timestampMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  windowMs: fc.oneof(
    fc.integer({ min: 1, max: 200_000 }),
    fc.integer({ min: 1, max: 9e9 }).map((n) => n / 1000),
  ),
}

/** Nodes, also with labels and names that no API server would accept. */
export const nodeItems: fc.Arbitrary<NodeItem> = fc.record({ name: anyText, labels, usage, ...times })

/** Pods, containers sorted by name. */
export const podItems: fc.Arbitrary<PodItem> = fc.record({
  namespace: word,
  name: anyText,
  labels,
  containers: fc
    .uniqueArray(fc.record({ name: word, usage }), { selector: ({ name }) => name, maxLength: 4 })
    .map((containers) => containers.sort((a, b) => (a.name < b.name ? -1 : 1))),
  ...times,
})

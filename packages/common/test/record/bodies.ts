import fc from 'fast-check'
import type { BodyObjects, ContainerObjects, Subject } from '../../testing/record-objects.ts'

/** Bodies of all shapes, some usages of the scrape sent at `atMs`. */
export function bodies(atMs: number): fc.Arbitrary<BodyObjects> {
  const time = fc.integer({ min: 0, max: 4e12 })
  const amount = fc.maxSafeNat()
  const usage = fc.record(
    {
      timestampMs: time,
      windowMs: fc.integer({ min: 1, max: 1e6 }),
      cpuNanocores: amount,
      memoryBytes: amount,
      atMs: fc.oneof(fc.constant(atMs), time),
      swapBytes: amount,
    },
    { requiredKeys: ['timestampMs', 'windowMs', 'cpuNanocores', 'memoryBytes', 'atMs'] },
  )
  const base = fc.record(
    { timestampMs: time, cpuNs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), atMs: time, startMs: time },
    { requiredKeys: ['timestampMs', 'cpuNs', 'atMs'] },
  )
  const subject: fc.Arbitrary<Subject> = fc.record(
    { usage, base },
    { requiredKeys: [], noNullPrototype: true },
  )
  const name = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
  const container = fc
    .tuple(subject, name, fc.boolean())
    .map(
      ([given, own, absent]): ContainerObjects =>
        absent ? { ...given, name: own, absent } : { ...given, name: own },
    )
  const pod = fc.record({ namespace: name, name, containers: fc.array(container, { maxLength: 4 }) })
  return fc.record({ node: subject, pods: fc.array(pod, { maxLength: 4 }) })
}

/** What a follower is to see of it. */
export function withoutBases({ node, pods }: BodyObjects): BodyObjects {
  return {
    node: followed(node),
    pods: pods.map((pod) => ({ ...pod, containers: pod.containers.map((each) => followed(each)) })),
  }
}

/** A subject without its base; the start, which tells incarnations of a pod apart, is kept. */
function followed<T extends Subject>({ base, ...subject }: T): Omit<T, 'base'> {
  return base?.startMs === undefined ? subject : { ...subject, startMs: base.startMs }
}

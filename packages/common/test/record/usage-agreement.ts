import { expect } from 'chai'
import fc from 'fast-check'
import { sameNames } from '../../src/record/pod-names.ts'
import type { RecordBody } from '../../src/record/record.ts'
import { type PackedSample, packSample } from '../../src/record/sample-pack.ts'
import { advance } from '../../src/record/usage.ts'
import type { BodyObjects, Subject, Usage } from '../../testing/record-objects.ts'
import { unpack } from '../../testing/record-objects.ts'
import { type History, history } from './usage-histories.ts'
import { type Context, containerKey, type ExpectedUsage, expected, nodeKey } from './usage-oracle.ts'

/** Holds `advance` against the oracle after every answer of so many random histories. A failure prints its seed. */
export function compareHistories(numRuns: number): void {
  fc.assert(fc.property(history, compareHistory), { numRuns })
}

function compareHistory({ context, answers }: History): void {
  let packed: RecordBody | undefined
  let named: PackedSample['pods'] | undefined
  for (const [index, { atMs, sample }] of answers.entries()) {
    const before = packed
    const wasBefore = before && unpack(before)
    const given = packSample(sample)
    // As a kubelet's next answer has them: equal lists of names are one.
    const pods = named && sameNames(named, given.pods) ? named : given.pods
    named = pods
    const advanced = advance(before, { ...given, pods }, { atMs, ...context })
    packed = advanced.body
    const body = unpack(packed)
    if (before) expect(unpack(before), 'what stood before is as it was').to.deep.equal(wasBefore)
    if (!advanced.moved) expect(body).to.deep.equal(wasBefore)
    const subjects = tabulate(body)
    const wanted = expected(answers.slice(0, index + 1), context)
    expect([...subjects.keys()].sort()).to.deep.equal([...wanted.keys()].sort())
    for (const [key, { base, usage, absent }] of wanted) {
      const subject = subjects.get(key)
      const hint = `${key} after answer ${index}`
      expect(subject?.absent ?? false, hint).to.equal(absent)
      expect(baseOf(subject?.base), hint).to.deep.equal(base && baseOf(base))
      compareUsage(subject?.usage, usage, hint)
      if (subject?.usage) expectSane(subject.usage, context, hint)
    }
  }
}

function tabulate(body: BodyObjects): Map<string, Subject & { absent?: boolean }> {
  for (const pod of body.pods)
    expect(pod.containers, 'a pod is there for its containers').to.not.deep.equal([])
  const rows = body.pods.flatMap((pod) =>
    pod.containers.map((each) => [containerKey(pod.namespace, pod.name, each.name), each] as const),
  )
  return new Map<string, Subject & { absent?: boolean }>([[nodeKey, body.node], ...rows])
}

function baseOf(base: Subject['base']) {
  return base && [base.timestampMs, base.cpuNs, base.startMs, base.atMs]
}

/** The nanocores are right if they are the whole part of the quotient: q·w <= c < (q + 1)·w. */
function compareUsage(usage: Usage | undefined, wanted: ExpectedUsage | undefined, hint: string): void {
  if (!usage || !wanted) {
    expect(usage, hint).to.equal(wanted)
    return
  }
  const { cpuNanocores, ...rest } = usage
  const { consumedNs, swapBytes, ...others } = wanted
  expect(rest, hint).to.deep.equal({ ...others, ...(swapBytes !== undefined && { swapBytes }) })
  const quotient = BigInt(cpuNanocores)
  const window = BigInt(wanted.windowMs)
  expect(quotient * window <= consumedNs * 1000n, hint).to.equal(true)
  expect((quotient + 1n) * window > consumedNs * 1000n, hint).to.equal(true)
}

function expectSane(
  { cpuNanocores, memoryBytes, windowMs }: Usage,
  { capacity }: Context,
  hint: string,
): void {
  for (const value of [cpuNanocores, memoryBytes, windowMs])
    expect(Number.isSafeInteger(value) && value >= 0, `${hint}: ${value}`).to.equal(true)
  if (!capacity) return
  expect(cpuNanocores, hint).to.be.at.most(capacity.cpuNanocores * 1.1)
  expect(memoryBytes, hint).to.be.at.most(capacity.memoryBytes * 1.1)
}

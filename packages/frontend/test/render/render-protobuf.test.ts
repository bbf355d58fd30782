import { expect } from 'chai'
import fc from 'fast-check'
import { listHeadProtobuf, listTailProtobuf, messageOf } from '../../src/render/protobuf-envelope.ts'
import { createProtobufWriter } from '../../src/render/protobuf-writer.ts'
import { nodeItemProtobuf, objectProtobuf, podItemProtobuf } from '../../src/render/render-protobuf.ts'
import { fieldsOf, listOf, objectOf, opened } from '../../testing/protobuf-decoder.ts'
import { model } from '../model.ts'
import { vectors } from '../vectors.ts'
import { nodeItems, podItems } from './arbitrary-items.ts'

const node = {
  name: 'n1',
  labels: { a: 'b' },
  timestampMs: 1_700_000_000_000,
  windowMs: 10_000,
  usage: { cpuNanocores: 1_000_000, memoryBytes: 2 ** 20 },
}
const version = 'metrics.k8s.io/v1beta1'

describe('protobuf', () => {
  it('is the bytes that Go writes', () => {
    const [list, object] = vectors<{ cases: { hex: string }[] }>('protobuf.json').cases
    const empty = Buffer.concat([listHeadProtobuf(version, 'NodeMetricsList', 0), listTailProtobuf])
    expect(empty.toString('hex')).to.equal(list?.hex)
    const whole = objectProtobuf('NodeMetrics', 'v1beta1', nodeItemProtobuf(node))
    expect(whole.toString('hex')).to.equal(object?.hex)
  })

  it('says the same as JSON to a decoder of its own', () => {
    const windowOf = (windowMs: number) => BigInt(Math.round(windowMs * 1e6))
    fc.assert(
      fc.property(nodeItems, (item) => {
        const { head, node, windowNanos, metaNumbers } = objectOf(
          Buffer.from(messageOf(nodeItemProtobuf(item))),
        )
        const { window, ...rest } = model(item)
        expect({ ...head, ...node() }).to.deep.equal(rest)
        expect(windowNanos).to.equal(windowOf(item.windowMs))
        expect(metaNumbers.slice(0, 8)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8])
      }),
    )
    fc.assert(
      fc.property(podItems, (item) => {
        const { head, pod, windowNanos, labelKeys } = objectOf(Buffer.from(messageOf(podItemProtobuf(item))))
        const { window, ...rest } = model(item)
        expect({ ...head, ...pod() }).to.deep.equal(rest)
        expect(windowNanos).to.equal(windowOf(item.windowMs))
        expect(labelKeys).to.deep.equal([...labelKeys].sort())
      }),
    )
  })

  it('of a list is the fragments put together in an envelope that knows their length', () => {
    fc.assert(
      fc.property(fc.array(podItems, { maxLength: 5 }), fc.maxSafeNat(), (items, remainingItemCount) => {
        const fragments = items.map((item) => Buffer.from(podItemProtobuf(item)))
        const bytes = fragments.reduce((sum, each) => sum + each.length, 0)
        const meta = { continue: 'token', remainingItemCount }
        const head = listHeadProtobuf(version, 'PodMetricsList', bytes, meta)
        const { apiVersion, kind, message, empty, numbers } = opened(
          Buffer.concat([head, ...fragments, listTailProtobuf]),
        )
        expect([apiVersion, kind, ...empty]).to.deep.equal([version, 'PodMetricsList', '', ''])
        expect(numbers).to.deep.equal([1, 2, 3, 4])
        const list = listOf(message)
        expect(list.continue).to.equal('token')
        expect(list.remainingItemCount).to.equal(BigInt(remainingItemCount))
        expect(list.items.map((item) => item.toString('hex'))).to.deep.equal(
          fragments.map((each) => Buffer.from(messageOf(each)).toString('hex')),
        )
      }),
    )
  })

  it('is not spoilt by an item that could not be rendered before it', () => {
    const broken = { ...node, usage: { cpuNanocores: Number.NaN, memoryBytes: 1 } }
    const before = nodeItemProtobuf(node)
    expect(() => nodeItemProtobuf(broken)).to.throw()
    expect(nodeItemProtobuf(node).equals(before)).to.equal(true)
  })

  it('grows with what is written and writes every integer as Go does', () => {
    const writer = createProtobufWriter()
    const numbers = [
      0,
      1,
      127,
      128,
      2 ** 31,
      2 ** 32,
      Number.MAX_SAFE_INTEGER,
      -1,
      2n ** 63n - 1n,
      -(2n ** 63n),
    ]
    for (const value of numbers.toReversed()) writer.varint(1, value)
    writer.text(2, 'é'.repeat(9000))
    const [long, ...rest] = fieldsOf(writer.take())
    expect(long?.value.toString()).to.equal('é'.repeat(9000))
    expect(rest.map(({ value }) => value)).to.deep.equal(numbers.map(BigInt))
  })
})

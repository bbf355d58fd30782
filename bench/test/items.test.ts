import { expect } from 'chai'
import { itemsOf } from '../list/items.ts'

const protobuf = 'application/vnd.kubernetes.protobuf'
const field = (number: number, value: string | Buffer) => {
  const bytes = Buffer.from(value)
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length % 128) + 128, bytes.length >> 7]
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), bytes])
}
const enveloped = (kind: string, ...raw: Buffer[]) =>
  Buffer.concat([
    Buffer.from('k8s\0'),
    field(1, Buffer.concat([field(1, 'metrics.k8s.io/v1beta1'), field(2, kind)])),
    field(2, Buffer.concat(raw)),
  ])

describe('the items of an answer', () => {
  it('are counted in both representations', () => {
    const items = ['a', 'b'.repeat(300), 'c'].map((item) => field(2, item))
    expect(itemsOf(enveloped('PodMetricsList', field(1, ''), ...items), protobuf)).to.equal(3)
    expect(itemsOf(enveloped('PodMetricsList'), protobuf)).to.equal(0)
    const json = (text: string) => itemsOf(Buffer.from(text), 'application/json')
    expect(json('{"items":[{},{}]}')).to.equal(2)
    expect(json('{"items":[]}')).to.equal(0)
    expect(
      json(String.raw`{"kind":"L","items":[{"a":[1,{}],"b":"x\"],"},{"c":[{},{}]},{}],"d":[1]}`),
    ).to.equal(3)
    expect(() => json('{"items":[{},{')).to.throw('no end')
  })

  it('are none where it is no list', () => {
    expect(itemsOf(enveloped('PodMetrics', field(2, 'a time')), protobuf)).to.equal(undefined)
    expect(itemsOf(Buffer.from('{"kind":"PodMetrics"}'), 'application/json')).to.equal(undefined)
  })
})

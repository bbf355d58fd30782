import { expect } from 'chai'
import fc from 'fast-check'
import {
  listHeadJson,
  listTailJson,
  nodeItemJson,
  objectJson,
  podItemJson,
} from '../../src/render/render-json.ts'
import { model } from '../model.ts'
import { nodeItems, podItems } from './arbitrary-items.ts'

const usage = { cpuNanocores: 1_500_000, memoryBytes: 10 * 2 ** 20 }
const pod = {
  namespace: 'ns',
  name: 'p',
  labels: { app: 'web' },
  timestampMs: Date.UTC(2026, 10, 21, 1, 48, 26, 999),
  windowMs: 15_029,
  containers: [{ name: 'c1', usage }],
}

describe('JSON', () => {
  it('of a pod is what wire.md shows: no kind in a list, whole seconds, keys in order of Go', () => {
    expect(podItemJson(pod)).to.equal(
      '{"metadata":{"name":"p","namespace":"ns","creationTimestamp":"2026-11-21T01:48:26Z","labels":{"app":"web"}},' +
        '"timestamp":"2026-11-21T01:48:26Z","window":"15.029s","containers":[{"name":"c1","usage":{"cpu":"1500u","memory":"10Mi"}}]}',
    )
  })

  it('of a node with swap and without labels leaves labels out and puts swap last', () => {
    const node = { ...pod, labels: {}, usage: { ...usage, swapBytes: 0 } }
    expect(nodeItemJson(node)).to.equal(
      '{"metadata":{"name":"p","creationTimestamp":"2026-11-21T01:48:26Z"},"timestamp":"2026-11-21T01:48:26Z",' +
        '"window":"15.029s","usage":{"cpu":"1500u","memory":"10Mi","swap":"0"}}',
    )
  })

  it('tells the times of samples apart, however far they are from each other', () => {
    const seconds = [0, 1, 63, 64, 65, 128, 0, 64, 1, 4_294_967_296, 0].map(
      (after) => pod.timestampMs + after * 1_000,
    )
    const told = seconds.map((timestampMs) => JSON.parse(podItemJson({ ...pod, timestampMs })).timestamp)
    expect(told).to.deep.equal(seconds.map((ms) => `${new Date(ms).toISOString().slice(0, -5)}Z`))
  })

  it('says what the item says, whatever the names', () => {
    const nodes = fc.property(nodeItems, (item) => {
      expect(JSON.parse(nodeItemJson(item))).to.deep.equal(model(item))
    })
    const pods = fc.property(podItems, (item) => {
      expect(JSON.parse(podItemJson(item))).to.deep.equal(model(item))
    })
    fc.assert(nodes)
    fc.assert(pods)
  })

  it('is the same whatever the order of the labels, and has them in byte order', () => {
    const text = podItemJson({ ...pod, labels: { 9: 'a', 10: 'b', z: 'c', a: 'd' } })
    expect(text).to.contain('"labels":{"10":"b","9":"a","a":"d","z":"c"}')
    expect(podItemJson({ ...pod, labels: { a: 'd', z: 'c', 10: 'b', 9: 'a' } })).to.equal(text)
  })

  it('is safe to stand in HTML', () => {
    expect(podItemJson({ ...pod, labels: { x: '<&>\u2028' } })).to.contain(
      '"x":"\\u003c\\u0026\\u003e\\u2028"',
    )
  })

  it('of an object is its item with kind and version', () => {
    const text = objectJson('PodMetrics', 'v1', podItemJson(pod))
    expect(text).to.match(/^\{"kind":"PodMetrics","apiVersion":"metrics\.k8s\.io\/v1","metadata":.*\}\n$/)
    expect(JSON.parse(text)).to.deep.equal({
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1',
      ...model(pod),
    })
  })

  it('of a list is head, items and tail; with pages it says where the next begins', () => {
    expect(listHeadJson('PodMetrics', 'v1beta1') + listTailJson).to.equal(
      '{"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[]}\n',
    )
    expect(
      listHeadJson('NodeMetrics', 'v1', { continue: 'abc', remainingItemCount: 7 }) + listTailJson,
    ).to.equal(
      '{"kind":"NodeMetricsList","apiVersion":"metrics.k8s.io/v1","metadata":{"continue":"abc","remainingItemCount":7},"items":[]}\n',
    )
  })
})

import { unpackSample } from '@metrics-ring/common/record/sample-pack'
import { expect } from 'chai'
import fc from 'fast-check'
import { decode } from '../../src/decode/decode.ts'
import { decodeSummary } from '../../src/decode/decode-summary.ts'

const receivedMs = 1_700_000_000_000
const time = '2023-11-14T22:13:10Z'
const timeMs = Date.parse(time)
const stats = (cpu: string, memory: string, more = '') =>
  `"cpu": {"time": "${time}", "usageCoreNanoSeconds": ${cpu}}, "memory": {"workingSetBytes": ${memory}}${more}`
const read = (text: string) => {
  const decoded = decodeSummary(Buffer.from(text), receivedMs)
  return { ...decoded, sample: unpackSample(decoded.sample) }
}
const container = (name: string, inside: string) => `{"name": ${JSON.stringify(name)}, ${inside}}`
const answer = (...containers: string[]) =>
  read(`{"node": {${stats('5', '6')}}, "pods": [
    {"podRef": {"name": "p", "namespace": "ns", "uid": "u"}, "containers": [${containers.join(',')}]}]}`)

describe('decoding /stats/summary', () => {
  it('reads the node and its containers, counters to the last digit', () => {
    const start = '"startTime": "2023-11-14T22:00:00Z"'
    const swap = ', "swap": {"swapUsageBytes": 7}'
    const { sample, malformedLines } = answer(
      container('app', `${start}, ${stats('18446744073709551615', '4096', swap)}`),
      container('idle', stats('0', '0')),
    )
    expect(malformedLines).to.equal(0)
    expect(sample.node).to.deep.equal({ timestampMs: timeMs, cpuNs: 5n, memoryBytes: 6 })
    expect(sample.pods).to.deep.equal([
      {
        namespace: 'ns',
        name: 'p',
        containers: [
          {
            name: 'app',
            point: {
              timestampMs: timeMs,
              cpuNs: 18_446_744_073_709_551_615n,
              memoryBytes: 4096,
              swapBytes: 7,
              startMs: Date.parse('2023-11-14T22:00:00Z'),
            },
          },
          { name: 'idle', point: { timestampMs: timeMs, cpuNs: 0n, memoryBytes: 0 } },
        ],
      },
    ])
  })

  it('keeps a container named, without a point, where CPU or memory is missing or nonsense', () => {
    const bad = [
      '"cpu": {}',
      stats('1.5', '1'),
      stats('-1', '1'),
      stats('"1e3"', '1'),
      stats('1', '-1'),
      stats('1', 'null'),
    ]
    for (const inside of [...bad, stats('18446744073709551616', '1')])
      expect(answer(container('c', inside)).sample.pods[0]?.containers, inside).to.deep.equal([
        { name: 'c', point: undefined },
      ])
  })

  it('leaves out pods and containers without a usable name, and counts them', () => {
    const { sample, malformedLines } = answer(
      container('', stats('1', '1')),
      container('x'.repeat(300), stats('1', '1')),
    )
    expect([sample.pods, malformedLines]).to.deep.equal([[], 2])
    expect(read('{"pods": [{}, null, 7, {"podRef": {"name": "p"}}]}').malformedLines).to.equal(4)
  })

  it('keeps the names that stay, and no answer of the other format goes by them', () => {
    const text = (name: string) =>
      Buffer.from(
        `{"pods": [{"podRef": {"name": "${name}", "namespace": "n"}, "containers": [{"name": "c"}]}]}`,
      )
    const { layout } = decodeSummary(text('p'), receivedMs)
    expect(decodeSummary(text('p'), receivedMs, layout).sample.pods).to.equal(layout.pods)
    expect(decodeSummary(text('q'), receivedMs, layout).sample.pods).to.not.equal(layout.pods)
    expect(decode(Buffer.from(''), receivedMs, layout).sample.pods).to.deep.equal([])
  })

  it('never throws, whatever it is given', () => {
    for (const text of ['', '{', 'null', '[]', '"x"', '{"node": 7, "pods": {}}', '\u0000'])
      expect(read(text).sample.pods).to.deep.equal([])
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        read(text)
        read(
          `{"node": ${text}, "pods": [${text}, {"podRef": {"name": "p", "namespace": "n"}, "containers": ${text}}]}`,
        )
      }),
      { numRuns: 500 },
    )
  })
})

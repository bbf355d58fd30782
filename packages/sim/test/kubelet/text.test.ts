import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { goFloat, resourceText } from '../../src/kubelet/text.ts'

const golden = readFileSync(new URL('../golden/kubelet-resource.prom', import.meta.url), 'utf8')

describe('the text of /metrics/resource', () => {
  it('is what a real kubelet writes for the same readings', () => {
    const text = resourceText(
      { cpuNs: 357_354_910_000, memoryBytes: 1_616_273_408, swapBytes: 0, atMs: 1_633_253_809_720 },
      [
        {
          labels: 'container="coredns",namespace="kube-system",pod="coredns-558bd4d5db-4dpjz"',
          cpuNs: 4_710_169_000,
          memoryBytes: 12_533_760,
          swapBytes: 0,
          startMs: 1_633_253_750_000,
          atMs: 1_633_253_812_125,
        },
        {
          labels: 'container="kindnet-cni",namespace="kube-system",pod="kindnet-nvs87"',
          cpuNs: 306_214_000,
          memoryBytes: 9_011_200,
          startMs: 1_633_253_738_000,
          atMs: 1_633_253_809_135,
        },
      ],
      [
        {
          labels: 'namespace="kube-system",pod="coredns-558bd4d5db-4dpjz"',
          cpuNs: 4_678_120_000,
          memoryBytes: 12_627_968,
          atMs: 1_633_253_803_935,
        },
      ],
    )
    expect(text).to.equal(golden)
  })

  it('leaves out families that have no series', () => {
    const text = resourceText({ cpuNs: 1e9, memoryBytes: 4096, atMs: 5 }, [], [])
    expect(text).not.to.match(/container_|pod_|swap/)
    expect(text).to.include('node_cpu_usage_seconds_total 1 5\n')
  })

  it('writes numbers as Go does', () => {
    const cases: [number, string][] = [
      [0, '0'],
      [1, '1'],
      [0.306214, '0.306214'],
      [0.0001, '0.0001'],
      [0.00001234, '1.234e-05'],
      [1e-9, '1e-09'],
      [357354.91, '357354.91'],
      [999_999, '999999'],
      [1_000_000, '1e+06'],
      [12_533_760, '1.253376e+07'],
      [1_633_253_750.5, '1.6332537505e+09'],
      [10_000_000_000.25, '1.000000000025e+10'],
      [1.234e20, '1.234e+20'],
      [1e21, '1e+21'],
      [1e100, '1e+100'],
      [-2_500_000, '-2.5e+06'],
    ]
    for (const [value, text] of cases) expect(goFloat(value)).to.equal(text)
  })
})

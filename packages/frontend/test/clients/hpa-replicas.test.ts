import { desiredReplicas, type HpaPod, type PodCpu } from '@metrics-ring/cli/story/hpa-replicas'
import { expect } from 'chai'

describe('the replica formula of the HPA', () => {
  const nowMs = 1_000_000_000
  const pods = (count: number): HpaPod[] =>
    Array.from({ length: count }, (_, n) => ({
      ...{ name: `p${n}`, phase: 'Running', startMs: nowMs - 3_600_000 },
      ...{ ready: true, readySinceMs: nowMs - 3_500_000 },
    }))
  const metrics = (millicores: number[]): Map<string, PodCpu> =>
    new Map(
      millicores.map((each, n) => [
        `p${n}`,
        { millicores: each, timestampMs: nowMs - 5_000, windowMs: 15_000 },
      ]),
    )
  const decide = (count: number, used: number[]) =>
    desiredReplicas(pods(count), metrics(used), 100, nowMs).replicas

  it('follows the mean beyond a tolerance of a tenth', () => {
    expect(decide(10, new Array(10).fill(150))).to.equal(15)
    expect(decide(10, new Array(10).fill(50))).to.equal(5)
    expect(decide(10, new Array(10).fill(109))).to.equal(10)
  })

  it('takes missing pods for idle when scaling up, and for right when scaling down', () => {
    expect(decide(10, new Array(5).fill(150))).to.equal(10)
    expect(decide(10, new Array(5).fill(400))).to.equal(20)
    expect(decide(10, new Array(5).fill(50))).to.equal(8)
  })

  it('leaves young pods out until their window lies behind their readiness', () => {
    const young = pods(2).map((pod) => ({ ...pod, startMs: nowMs - 40_000, readySinceMs: nowMs - 10_000 }))
    expect(() => desiredReplicas(young, metrics([300, 300]), 100, nowMs)).to.throw('did not receive metrics')
    expect(() => desiredReplicas(young, new Map(), 100, nowMs)).to.throw('no metrics returned')
  })
})

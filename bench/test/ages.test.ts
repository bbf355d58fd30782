import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createAgeCounter } from '../compare/ages.ts'

describe('the ages of served samples', () => {
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-ages-'))
  after(() => rmSync(dir, { recursive: true, force: true }))

  it('are told apart by the kubelet process of the pod', () => {
    const file = join(dir, 'pods.json')
    writeFileSync(file, JSON.stringify([['a/young', 'a/middle'], ['b/old']]))
    const counter = createAgeCounter(file)
    const nowMs = Date.parse('2026-01-01T00:01:00Z')
    const item = (namespace: string, name: string, timestamp: string) => ({
      metadata: { namespace, name },
      timestamp,
    })
    const items = [
      item('a', 'young', '2026-01-01T00:00:59Z'),
      item('a', 'middle', '2026-01-01T00:00:50Z'),
      item('b', 'old', '2026-01-01T00:00:00Z'),
      item('b', 'unknown', '2026-01-01T00:00:00Z'),
    ]
    counter.count(JSON.stringify({ items }), nowMs)
    const [first, second] = counter.ages()
    expect(first).to.include({ samples: 2, p50Ms: 10_000, p99Ms: 10_000 })
    expect(first?.meanMs).to.be.closeTo(5_500, 10)
    expect(second).to.include({ samples: 1, p99Ms: 60_000 })
  })
})

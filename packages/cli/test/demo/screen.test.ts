import { expect } from 'chai'
import type { DemoState } from '../../src/demo/observe.ts'
import { drawScreen, type ScreenInfo } from '../../src/demo/screen.ts'

const kubeconfig = '/tmp/metrics-ring-demo-abcdef/kubernetes-admin.kubeconfig'
const info: ScreenInfo = {
  kubeconfig,
  pageUrl: 'http://127.0.0.1:45678/ring',
  redisUrl: 'redis://127.0.0.1:45679',
  intervalMs: 3_000,
  seed: 7,
  keys: true,
  deeds: [],
  worstMissing: 0,
}

function table(header: string, rows: number): string {
  return `${header}\n${Array.from({ length: rows }, (_, n) => `row-${n}  12m  34Mi`).join('\n')}\n`
}

function state(part: Partial<DemoState> = {}): DemoState {
  return {
    nodes: 20,
    pods: 100,
    shards: ['shard-0', 'shard-1', 'shard-2'].map((name, n) => ({
      name,
      pid: 4_194_300 + n,
      counts: { own: 6 + n, retained: 0, adopted: 0 },
    })),
    frontends: [
      { name: 'frontend-0', pid: 4_194_303 },
      { name: 'frontend-1', pid: 4_194_304 },
    ],
    pace: { least: 1, most: 1, intervals: 10, longestGapMs: 3_123 },
    oldestSampleMs: 8_200,
    top: { nodes: table('NAME', 20), pods: table('NAMESPACE', 100), missing: [], missingRows: 0 },
    ...part,
  }
}

const sizes = [
  { rows: 24, columns: 80 },
  { rows: 50, columns: 100 },
  { rows: 60, columns: 200 },
]

describe('the screen of the demo', () => {
  for (const size of sizes) {
    it(`fits ${size.columns}x${size.rows} whatever there is to show`, () => {
      const many = Array.from({ length: 30 }, (_, n) => ({
        name: `shard-${n}`,
        pid: n,
        counts: { own: 1, retained: 20, adopted: 20 },
      }))
      const deeds = ['05:04:43 kill -9 24381 (shard-0)', 'b', 'c']
      for (const each of [state(), state({ shards: many }), state({ shards: [] })]) {
        const lines = drawScreen(each, { ...info, deeds }, size)
        expect(lines.length, lines.join('\n')).to.be.at.most(size.rows)
        for (const line of lines) expect(line.length, line).to.be.at.most(size.columns)
      }
    })
  }

  it('cuts nothing on 80 columns but long rows of kubectl', () => {
    const lines = drawScreen(state(), { ...info, deeds: ['05:04:43 kill -9 24381 (shard-0)'] }, sizes[0]!)
    expect(lines.filter((line) => line.endsWith('…'))).to.deep.equal([])
    expect(lines).to.include(`export KUBECONFIG=${kubeconfig}`)
    const tall = drawScreen(state(), info, { rows: 40, columns: 80 })
    expect(tall.at(-1)).to.equal('npx metrics-ring doctor --ring-name=demo --metric-resolution=3s')
  })

  it('says how many rows it leaves out, and shows them all where there is room', () => {
    const small = drawScreen(state(), info, sizes[0]!).join('\n')
    expect(small).to.match(/… \d+ more/)
    const large = drawScreen(state(), info, { rows: 200, columns: 80 }).join('\n')
    expect(large)
      .to.include('row-99')
      .and.not.match(/… \d+ more/)
  })

  it('puts the tables side by side on a wide screen', () => {
    const lines = drawScreen(state(), info, sizes[2]!)
    expect(lines.find((line) => line.includes('kubectl top nodes'))).to.include('kubectl top pods')
  })

  it('draws what a shard owns and what it covers, in proportion to all nodes', () => {
    const shards = [
      { name: 'shard-0', pid: 1, counts: { own: 10, retained: 3, adopted: 2 } },
      { name: 'shard-1', pid: 2, counts: undefined },
    ]
    const text = drawScreen(state({ shards }), info, sizes[0]!).join('\n')
    expect(text).to.match(/shard-0 .*█{14}░{7} 10 nodes, covers 5/)
    expect(text).to.match(/shard-1 .*no answer: starting, stopped or gone/)
  })

  it('says why a table is still empty', () => {
    const top = { nodes: '', pods: '', missing: ['20 of 20 nodes …', 'error: Metrics API not available'] }
    const empty = state({ top: { ...top, missingRows: 120 }, oldestSampleMs: undefined })
    const text = drawScreen(empty, { ...info, worstMissing: undefined }, sizes[0]!).join('\n')
    expect(text).to.include('(nothing yet: error: Metrics API not available)')
    expect(text).to.include('Rows still to come: 120. Oldest sample served: none yet.')
  })

  it('offers keys only where there is a keyboard', () => {
    const text = drawScreen(state(), { ...info, keys: false }, sizes[0]!).join('\n')
    expect(text).not.to.include('[k]')
  })
})

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

type Line = { scenario: string; rows: { name: string; value: number; pass: boolean | null }[] }

describe('bench smoke', () => {
  it('measures 200 kubelets through shards, Redis and frontends, and counts what it must', async function () {
    this.timeout(150_000)
    const { stdout } = await promisify(execFile)(process.execPath, [main, 'smoke', '--json'])
    const { scenario, rows } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Line
    expect(scenario).to.equal('smoke')
    expect(rows.filter(({ pass }) => pass === false)).to.deep.equal([])
    const value = (name: string) => rows.find((row) => row.name === name)?.value
    expect(value('kubelets')).to.equal(200)
    expect(value('pods missing in lists')).to.equal(0)
    expect(value('scrapes answered whole')).to.equal(value('scrapes'))
  })
})

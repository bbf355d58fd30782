import { expect } from 'chai'
import { type Ended, startCommand } from './demo-process.ts'
import { until } from './installation.ts'
import { rowsOf } from './top.ts'

const small = ['--nodes', '4', '--pods-per-node', '3', '--shards', '2', '--frontends', '1']

describe('metrics-ring demo', function () {
  this.timeout(60_000)
  // Both wait for data most of the time.
  let plain: Promise<Ended>
  let json: Promise<Ended>
  before(() => {
    plain = startCommand('demo', ...small, '--once').ended
    json = startCommand('demo', ...small, '--once', '--json', '--seed', '42').ended
  })

  it('--once prints what kubectl top prints, and nothing else, on stdout', async () => {
    const { code, stdout, stderr, left } = await plain
    expect(code, stderr).to.equal(0)
    const [nodes = '', pods = ''] = stdout.split(/(?=^NAMESPACE )/m)
    expect(nodes).to.match(/^NAME +CPU\(cores\) +CPU\(%\) +MEMORY\(bytes\) +MEMORY\(%\)/)
    expect(pods).to.match(/^NAMESPACE +NAME +CPU\(cores\) +MEMORY\(bytes\)/)
    expect([rowsOf(nodes).length, rowsOf(pods).length]).to.deep.equal([4, 12])
    expect(stdout).not.to.include('<unknown>')
    for (const line of stderr.trimEnd().split('\n')) expect(line).to.match(/^demo: /)
    expect(left).to.deep.equal([])
  })

  it('--once --json prints a summary, of the seed it was given', async () => {
    const { code, stdout } = await json
    expect(code).to.equal(0)
    const summary = JSON.parse(stdout)
    expect(summary).to.include({ nodes: 4, pods: 12, seed: 42 })
    expect(summary.completeAfterMs).to.be.a('number')
  })

  it('exits 1 when time is up, and says what is missing', async () => {
    const { code, stdout, stderr, left } = await startCommand('demo', ...small, '--once', '--timeout', '1ms')
      .ended
    expect(code).to.equal(1)
    expect(stdout).to.equal('')
    expect(stderr).to.include('4 of 4 nodes have no row').and.include('12 of 12 pods have no row')
    expect(left).to.deep.equal([])
  })

  it('exits 2 on wrong flags, listing all faults, and starts nothing', async () => {
    const { code, stdout, stderr } = await startCommand('demo', '--nodes=x', '--nope', '--json').ended
    expect(code).to.equal(2)
    expect(stdout).to.equal('')
    expect(stderr).to.include('--nodes').and.include('--nope').and.include('--json')
  })

  for (const [when, words] of [
    ['while it starts', 'starting 2 shards'],
    ['while it waits for data', 'waiting for data'],
  ] as const) {
    it(`leaves no process and no file behind when it is interrupted ${when}`, async () => {
      const demo = startCommand('demo', ...small, '--once')
      await demo.says(words)
      demo.signal('SIGINT')
      const { code, left } = await demo.ended
      expect(left).to.deep.equal([])
      expect(code).to.equal(130)
    })
  }

  it('takes all its processes with it when it is killed', async () => {
    const demo = startCommand('demo', ...small)
    await demo.says('waiting for data')
    const services = demo.running()
    expect(services.length, 'redis-server, two shards, a frontend').to.be.at.least(4)
    demo.signal('SIGKILL')
    await demo.ended
    await until(() => demo.running().map((pid) => `process ${pid} runs on`), 10_000)
  })

  it('ends well when it is interrupted while it is watched', async () => {
    const demo = startCommand('demo', ...small)
    await demo.says('waiting for data')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    demo.signal('SIGINT')
    const { code, stderr, left } = await demo.ended
    expect(demo.started(), 'redis-server, two shards, a frontend').to.be.at.least(4)
    expect(left).to.deep.equal([])
    expect(code).to.equal(0)
    expect(stderr).to.include('nothing is left running')
  })
})

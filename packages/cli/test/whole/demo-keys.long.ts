import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { expect } from 'chai'
import { until } from './installation.ts'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const nodes = 12
const size = ['--nodes', String(nodes), '--pods-per-node', '4']
const quietMs = 60_000

/** The demo at a terminal of 140 columns and 60 rows, which `script` of util-linux plays. */
function startAtTerminal() {
  const command = `stty rows 60 cols 140; exec ${[process.execPath, main, 'demo', ...size].join(' ')}`
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
    env: { ...process.env, SHELL: '/bin/sh' },
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  /** What was drawn last, whole. */
  const screen = () => stripVTControlCharacters(output.split('\x1b[H').at(-2) ?? '')
  const shards = () =>
    [...screen().matchAll(/^ {2}(shard-\d+) +\(pid (\d+)\) +(.*)$/gm)].map(([, name, pid, said = '']) => ({
      name,
      pid: Number(pid),
      owns: Number(/(\d+) nodes?\b/.exec(said)?.[1] ?? 0),
      answers: !said.includes('no answer'),
      covers: said.includes('covers'),
    }))
  /** Resolves when so many shards answer, own all nodes among them, and cover nothing for each other. */
  async function calmWith(count: number) {
    await until(() => {
      const answering = shards().filter(({ answers }) => answers)
      const owned = answering.reduce((sum, { owns }) => sum + owns, 0)
      const isCalm = answering.length === count && owned === nodes && !answering.some(({ covers }) => covers)
      return isCalm ? [] : [`not calm with ${count} shards:\n${screen()}`]
    }, quietMs)
  }
  return {
    screen,
    shards,
    calmWith,
    press: (key: string) => void child.stdin.write(key),
    said: () => stripVTControlCharacters(output),
    exited: once(child, 'exit') as Promise<[code: number | null]>,
    kill: () => child.kill('SIGKILL'),
  }
}

describe('the demo at a terminal', function () {
  this.timeout(8 * quietMs)
  let demo: ReturnType<typeof startAtTerminal>
  before(() => {
    demo = startAtTerminal()
  })
  after(() => demo.kill())

  it('shows the ring move, and kubectl top lack no row, while shards are killed, added, stopped and drained', async () => {
    await until(
      () => (demo.screen().includes('Rows missing: 0, at worst 0') ? [] : [`no data: ${demo.said()}`]),
      quietMs,
    )
    await demo.calmWith(3)
    demo.press('k')
    await demo.calmWith(2)
    demo.press('a')
    await demo.calmWith(3)
    demo.press('s')
    await demo.calmWith(2)
    expect(demo.shards()).to.have.lengthOf(3)
    demo.press('s')
    await demo.calmWith(3)
    demo.press('t')
    await demo.calmWith(2)
    demo.press('a')
    await demo.calmWith(3)
    // From another terminal.
    process.kill(demo.shards()[0]?.pid ?? 0, 'SIGKILL')
    await demo.calmWith(2)
    expect(demo.screen()).to.include('Rows missing: 0, at worst 0.')
    for (const deed of ['kill -9', 'kill -STOP', 'kill -CONT', 'kill -TERM', 'added'])
      expect(demo.said()).to.include(deed)
  })

  it('gives the terminal back', async () => {
    demo.press('q')
    const [code] = await demo.exited
    expect(code).to.equal(0)
    expect(demo.said()).to.include('nothing is left running')
  })
})

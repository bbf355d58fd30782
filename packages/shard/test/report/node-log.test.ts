import type { Log } from '@metrics-ring/common/log'
import { expect } from 'chai'
import { createNodeLog } from '../../src/report/node-log.ts'

/** As a real logger: its methods need it. */
function createLines() {
  const lines: string[] = []
  const log: Log & { write(message: string): void } = {
    write: (message) => void lines.push(message),
    debug() {},
    info(_, message) {
      this.write(message)
    },
    warn(_, message) {
      this.write(message)
    },
    error() {},
  }
  return { log, lines }
}

describe('the log of nodes', () => {
  it('names four of many nodes that fail at once, and sums up the others after 20 s', () => {
    const { log, lines } = createLines()
    let nowMs = 0
    const nodes = createNodeLog(log, () => nowMs)
    for (let i = 0; i < 100; i++) nodes.changed(`n${i}`, 'timeout', 'no answer')
    expect(lines).to.have.length(4)
    nowMs += 20_000
    nodes.tick(() => new Map([['timeout', 100]]))
    expect(lines.at(-1)).to.equal('more nodes changed than are named')
    for (let i = 0; i < 100; i++) nodes.changed(`n${i}`, 'ok', undefined)
    nowMs += 20_000
    nodes.tick(() => new Map([['ok', 100]]))
    expect(lines).to.have.length(6)
  })
})

import { expect } from 'chai'
import { demoHelp, readDemoConfig } from '../../src/demo/demo-config.ts'

describe('the command line of the demo', () => {
  it('has a default for everything', () => {
    const { config, faults } = readDemoConfig([])
    expect(faults).to.deep.equal([])
    expect(config).to.include({ nodes: 20, shards: 3, frontends: 2, intervalMs: 3_000, sampling: 'cadvisor' })
  })

  it('lists every fault at once', () => {
    const argv = ['--nodes', '0', '--sampling=none', '--metric-resolution', '1s', '--json', '--nope', 'extra']
    const { faults } = readDemoConfig([...argv, '--redis-url', 'http://x'])
    for (const part of [
      '--nodes',
      '--sampling',
      '--metric-resolution',
      '--json',
      '--nope',
      'extra',
      '--redis-url',
    ]) {
      expect(
        faults.filter((fault) => fault.includes(part)),
        part,
      ).to.have.length(1)
    }
  })

  it('names each flag in its help', () => {
    for (const flag of [
      'nodes',
      'pods-per-node',
      'shards',
      'frontends',
      'redis-url',
      'once',
      'json',
      'timeout',
    ]) {
      expect(demoHelp).to.include(`--${flag}`)
    }
    expect(readDemoConfig(['-h']).help).to.equal(true)
  })
})

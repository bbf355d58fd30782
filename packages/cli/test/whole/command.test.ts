import { expect } from 'chai'
import { startCommand } from './demo-process.ts'

describe('the command metrics-ring', () => {
  it('lists its commands, on request and when there is none', async () => {
    for (const args of [['--help'], ['help'], ['-h'], []]) {
      const { code, stdout } = await startCommand(...args).ended
      expect(code).to.equal(0)
      expect(stdout).to.match(/^Usage: metrics-ring <command>/m)
      for (const name of ['shard', 'frontend', 'demo', 'version']) expect(stdout).to.include(`  ${name} `)
    }
  })

  it('lists the flags of each service', async () => {
    for (const command of ['shard', 'frontend', 'demo']) {
      const { code, stdout } = await startCommand(command, '--help').ended
      expect(code).to.equal(0)
      expect(stdout).to.include(`Usage: metrics-ring ${command} [flags]`).and.include('--redis-url')
    }
  })

  it('exits 2 on a command that there is not, and on every fault of a service at once', async () => {
    const unknown = await startCommand('sharrd').ended
    expect(unknown.code).to.equal(2)
    expect(unknown.stderr).to.include('unknown command "sharrd"')
    const wrong = await startCommand('shard', '--metric-resolution=soon', '--nope', '--health-port=x').ended
    expect(wrong.code).to.equal(2)
    for (const part of ['--metric-resolution', '--nope', '--health-port', '--redis-url']) {
      expect(wrong.stderr).to.include(part)
    }
  })
})

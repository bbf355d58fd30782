import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { startCommand } from './demo-process.ts'

describe('the command metrics-ring', () => {
  it('lists its commands, on request and when there is none', async () => {
    for (const args of [['--help'], ['help'], ['-h'], []]) {
      const { code, stdout } = await startCommand(...args).ended
      expect(code).to.equal(0)
      expect(stdout).to.match(/^Usage: metrics-ring <command>/m)
      for (const name of ['shard', 'frontend', 'standalone', 'demo', 'version'])
        expect(stdout).to.include(`  ${name} `)
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

  it('exits 2 on every fault of a standalone process, files that cannot be read among them', async () => {
    const wrong = [
      '--kubelet-port=x',
      '--tls-min-version=3',
      '--redis-url=redis://r',
      '--kubeconfig=/nowhere',
    ]
    const { code, stderr } = await startCommand('standalone', ...wrong).ended
    expect(code).to.equal(2)
    for (const part of ['--kubelet-port', '--tls-min-version', '--redis-url', 'cannot read /nowhere']) {
      expect(stderr).to.include(part)
    }
  })

  it('loads for a standalone process no library of Redis', async () => {
    const { code, stdout } = await startCommand('standalone', '--help').ended
    expect(code).to.equal(0)
    expect(stdout).to.not.include('redis')
    const loaded = modulesOf('standalone', '--help')
    expect(loaded.some((url) => url.includes('/koa/'))).to.equal(true)
    expect(
      loaded.filter((url) => /ioredis|store-redis|redis\/connection|x509|packages\/sim/.test(url)),
    ).to.deep.equal([])
  })
})

/** Every module that the command loads, as a URL. */
function modulesOf(...args: string[]): string[] {
  const hook = `import { registerHooks } from 'node:module'
    import { writeSync } from 'node:fs'
    registerHooks({ load(url, context, next) { writeSync(1, url + '\\n'); return next(url, context) } })`
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
  const argv = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, main, ...args]
  const printed = execFileSync(process.execPath, argv, { encoding: 'utf8' })
  return printed.split('\n').filter((line) => /^(file|node):/.test(line))
}

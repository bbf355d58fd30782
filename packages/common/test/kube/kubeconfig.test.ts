import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { loadKubeConfig } from '../../src/kube/kubeconfig.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

function kubeconfig(cluster: string, user: string): string {
  return `apiVersion: v1
current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: 'https://10.0.0.1:6443/', ${cluster}}}]
users: [{name: u, user: {${user}}}]
`
}

describe('a kubeconfig', () => {
  let directory = ''
  const file = (name: string) => join(directory, name)
  const load = async (cluster: string, user: string) => {
    await writeFile(file('config'), kubeconfig(cluster, user))
    return loadKubeConfig(file('config'))
  }
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => 'none',
      (error: Error) => error.message,
    )

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kubeconfig-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('gives server, CA and identity, from data or from files beside it', async () => {
    await writeFile(file('ca.crt'), 'the CA')
    const config = await load(
      'certificate-authority: ca.crt',
      `client-certificate-data: ${base64('cert')}, client-key-data: ${base64('key')}`,
    )
    expect(config.server).to.equal('https://10.0.0.1:6443')
    expect(config.tls).to.deep.equal({ ca: 'the CA', cert: 'cert', key: 'key' })
    expect([await config.ca(), await config.cert(), await config.key()]).to.deep.equal([
      'the CA',
      'cert',
      'key',
    ])
    expect(await config.token()).to.equal(undefined)
  })

  it('asks a command for credentials, again once they have expired, as those of the clouds do', async () => {
    const expires = (ms: number) => new Date(Date.now() + ms).toISOString()
    const plugin = async (lifeMs: number) => {
      const script = `#!/bin/sh
echo run >> "$0.runs"
echo '{"kind":"ExecCredential","status":{"token":"'"$PREFIX-$1-$(wc -l < "$0.runs" | tr -d ' ')"'","expirationTimestamp":"${expires(lifeMs)}"}}'
`
      await writeFile(file('plugin'), script, { mode: 0o755 })
      await rm(file('plugin.runs'), { force: true })
      return load('', 'exec: {command: ./plugin, args: [a], env: [{name: PREFIX, value: p}]}')
    }
    const lasting = await plugin(3_600_000)
    expect([await lasting.token(), await lasting.token()]).to.deep.equal(['p-a-1', 'p-a-1'])
    const ending = await plugin(1_000)
    expect([await ending.token(), await ending.token()]).to.deep.equal(['p-a-2', 'p-a-3'])
  })

  it('takes a certificate from a command, and says why it gives none', async () => {
    const status = { clientCertificateData: 'cert', clientKeyData: 'key' }
    const say = (text: string) => load('', `exec: {command: echo, args: [${JSON.stringify(text)}]}`)
    const config = await say(JSON.stringify({ status }))
    expect(config.tls).to.include({ cert: 'cert', key: 'key' })
    expect(await config.token()).to.equal(undefined)
    expect(await failure(say('no JSON'))).to.include('echo gives no ExecCredential')
    const missing = await failure(load('', 'exec: {command: /nowhere/aws, installHint: install it}'))
    expect(missing).to.include('/nowhere/aws').and.include('install it')
  })

  it('that cannot be used is an error which names it and says why', async () => {
    expect(await failure(loadKubeConfig(file('nothing')))).to.include(file('nothing'))
    expect(await failure(load('certificate-authority: gone.crt', 'token: t'))).to.include(file('gone.crt'))
    expect(await failure(load('', 'auth-provider: {name: gcp}'))).to.include('auth-provider')
    await writeFile(file('config'), 'current-context: nobody')
    expect(await failure(loadKubeConfig(file('config')))).to.include('contexts has no "nobody"')
    await writeFile(file('config'), '{')
    expect(await failure(loadKubeConfig(file('config')))).to.include('not YAML')
  })
})

describe('the service account of a pod', () => {
  it('gives its token and CA, read again once they have rotated', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'account-'))
    const write = async (text: string) => {
      for (const name of ['ca.crt', 'token']) await writeFile(join(directory, name), `${name} ${text}`)
    }
    let nowMs = 0
    try {
      await write('first')
      const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }
      const config = await loadKubeConfig(undefined, env, { directory, mono: () => nowMs })
      expect(config.server).to.equal('https://[fd00::1]:443')
      expect([await config.ca(), await config.token()]).to.deep.equal(['ca.crt first', 'token first'])
      await write('second one')
      nowMs += 10_000
      expect([await config.ca(), await config.token()]).to.deep.equal([
        'ca.crt second one',
        'token second one',
      ])
      expect(config.tls.ca, 'what connections were opened with').to.equal('ca.crt first')
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})

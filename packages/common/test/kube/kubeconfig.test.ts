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

  it('that cannot be used is an error which names it and says why', async () => {
    expect(await failure(loadKubeConfig(file('nothing')))).to.include(file('nothing'))
    expect(await failure(load('certificate-authority: gone.crt', 'token: t'))).to.include(file('gone.crt'))
    expect(await failure(load('', 'exec: {command: aws}'))).to.include('exec')
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

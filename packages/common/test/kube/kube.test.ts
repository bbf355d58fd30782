import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createSecureServer, type ServerHttp2Session } from 'node:http2'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createKubeClient, type KubeClient } from '../../src/kube/kube.ts'
import { loadKubeConfig } from '../../src/kube/kubeconfig.ts'
import { issueServingPair, makeAuthority } from '../../src/tls.ts'

const dayMs = 86_400_000

/** A CA, and an API server's certificate that it signed. */
async function authority() {
  const [fromMs, endMs] = [Date.now(), Date.now() + dayMs]
  const ca = await makeAuthority('kubernetes', fromMs, endMs)
  return { ca: ca.cert, serving: await issueServingPair(ca, ['localhost'], fromMs, endMs) }
}

type Authority = Awaited<ReturnType<typeof authority>>

/** The API server of a cluster whose CA is replaced while a client in a pod runs. */
describe('a client of the API server', () => {
  let directory = ''
  let nowMs = 0
  let first: Authority
  let second: Authority
  let server: Server
  let client: KubeClient
  let held: (() => void)[] = []
  const mount = (name: string, text: string) => writeFile(join(directory, name), text)
  const ask = () =>
    client.request('GET', '/version').then(
      ({ status }) => status,
      (error: Error) => error.message,
    )

  before(async () => {
    first = await authority()
    second = await authority()
  })
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'account-'))
    await mount('ca.crt', first.ca)
    await mount('token', 'token')
    held = []
    server = createServer(first.serving, (request, response) => {
      if (request.url !== '/watch') return void response.end('{}')
      response.write('one\n')
      held.push(() => response.end('two\n'))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const env = { KUBERNETES_SERVICE_HOST: 'localhost', KUBERNETES_SERVICE_PORT: String(port) }
    client = createKubeClient(await loadKubeConfig(undefined, env, { directory, mono: () => nowMs }))
  })
  afterEach(async () => {
    await client.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(directory, { recursive: true })
  })

  /** The file is looked at again now and then. */
  async function rotate(ca: string, serving = second.serving) {
    await mount('ca.crt', ca)
    nowMs += 60_000
    server.setSecureContext(serving)
  }

  it('follows a CA that is replaced, also where the kept connections are of the old one', async () => {
    expect(await ask()).to.equal(200)
    await rotate(second.ca)
    server.closeAllConnections()
    expect(await ask()).to.equal(200)
    await rotate(first.ca + second.ca, first.serving)
    expect(await ask()).to.equal(200)
    await rotate(first.ca, second.serving)
    expect(await ask()).to.include('no answer from the API server')
  })

  it('reads to its end what it began before', async () => {
    const stream = await client.stream('/watch', { signal: AbortSignal.timeout(5_000) })
    const chunks = stream.chunks?.[Symbol.asyncIterator]()
    expect(String((await chunks?.next())?.value)).to.equal('one\n')
    await rotate(second.ca)
    expect(await ask()).to.equal(200)
    for (const end of held) end()
    expect(String((await chunks?.next())?.value)).to.equal('two\n')
    expect((await chunks?.next())?.done).to.equal(true)
  })

  it('keeps the last good CA while the file holds none', async () => {
    expect(await ask()).to.equal(200)
    for (const text of [
      '',
      'half a certifica',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    ]) {
      await rotate(text, first.serving)
      server.closeAllConnections()
      expect(await ask(), text).to.equal(200)
    }
  })

  it('lets a server of HTTP/2 send a whole page of a list before it is told that it was read', async () => {
    const pageBytes = 2 * 2 ** 20
    const sessions: ServerHttp2Session[] = []
    const modern = createSecureServer(first.serving, (_request, response) => response.end('{}'))
    modern.on('session', (session) => sessions.push(session))
    await new Promise<void>((resolve) => modern.listen(0, '127.0.0.1', resolve))
    const { port } = modern.address() as AddressInfo
    const env = { KUBERNETES_SERVICE_HOST: 'localhost', KUBERNETES_SERVICE_PORT: String(port) }
    const asking = createKubeClient(await loadKubeConfig(undefined, env, { directory, mono: () => nowMs }))
    try {
      await asking.request('GET', '/version')
      await asking.request('GET', '/version')
      const [session] = sessions
      expect(session?.remoteSettings.initialWindowSize).to.be.at.least(pageBytes)
      expect(session?.state.remoteWindowSize).to.be.at.least(pageBytes)
    } finally {
      await asking.close()
      await new Promise((resolve) => modern.close(resolve))
    }
  })
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { expect } from 'chai'
import { generatedPair, pairFromFiles, type ServingPair } from '../src/tls.ts'

const names = ['metrics-server.kube-system.svc', 'localhost']
const dayMs = 86_400_000

describe('the serving certificate', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tls-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('is made once and kept', async () => {
    const made = await generatedPair(directory, names, ['127.0.0.1'], Date.now())
    expect(await generatedPair(directory, names, ['127.0.0.1'], Date.now())).to.deep.equal(made)
  })

  it('is verified by a strict client that holds it as CA, by name and by address', async () => {
    const pair = await generatedPair(directory, names, ['127.0.0.1'], Date.now())
    expect(await handshake(pair, 'metrics-server.kube-system.svc')).to.equal('verified')
    expect(await handshake(pair, undefined)).to.equal('verified')
    expect(await handshake(pair, 'elsewhere.example')).to.equal('ERR_TLS_CERT_ALTNAME_INVALID')
  })

  it('is verified by a client that holds those of several replicas', async () => {
    const pairs = [await generatedPair(directory, names, [], Date.now())]
    pairs.push(await generatedPair(join(directory, 'second'), names, [], Date.now()))
    const bundle = pairs.map(({ cert }) => cert).join('')
    for (const pair of pairs) expect(await handshake(pair, 'localhost', bundle)).to.equal('verified')
  })

  it('is made anew when it ends soon, lacks a name, or is not a certificate', async () => {
    const made = await generatedPair(directory, names, [], Date.now())
    const later = await generatedPair(directory, names, [], Date.now() + 340 * dayMs)
    expect(later.cert).to.not.equal(made.cert)
    const renamed = await generatedPair(directory, [...names, 'another.svc'], [], Date.now())
    expect(renamed.cert).to.not.equal(later.cert)
    await writeFile(join(directory, 'apiserver.crt'), 'garbage')
    expect((await generatedPair(directory, names, [], Date.now())).cert).to.include('BEGIN CERTIFICATE')
  })

  it('names the file that is wrong', async () => {
    const error = await pairFromFiles(join(directory, 'no.crt'), join(directory, 'no.key')).catch((e) => e)
    expect(error).to.include({ code: 'bad_certificate' })
    expect(error.message).to.include('no.crt')
  })
})

async function handshake(pair: ServingPair, servername: string | undefined, ca = pair.cert): Promise<string> {
  const server = createServer({ cert: pair.cert, key: pair.key })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const socket = connect({ host: '127.0.0.1', port, ca, ...(servername ? { servername } : {}) })
  try {
    return await new Promise<string>((resolve) => {
      socket.once('secureConnect', () => resolve('verified'))
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    })
  } finally {
    socket.destroy()
    server.close()
  }
}

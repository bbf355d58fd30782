import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CertificateAuthority, createAuthority, type Issued } from '@metrics-ring/sim/pki'
import { expect } from 'chai'
import type { Log } from '../../src/log.ts'
import type { RedisTlsFiles } from '../../src/redis/tls.ts'
import type { RedisStore } from '../../src/store/store-redis.ts'
import { createRedisStore } from '../../src/store/store-redis.ts'
import { freePort } from '../../testing/free-port.ts'
import { type RedisServer, startRedisServer } from '../../testing/redis-server.ts'
import { answers } from './failover.ts'
import { commitAsShard, intervalMs, scrape } from './store-builders.ts'

describe('a Redis that speaks TLS and asks for a certificate', () => {
  let dir: string
  let ca: CertificateAuthority
  let server: RedisServer
  let stores: RedisStore[]
  let lines: string[]
  const write = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`)
  const log: Log = { debug: write, info: write, warn: write, error: write }
  const path = (name: string) => join(dir, name)
  const put = (name: string, { certPem, keyPem }: Issued) => {
    writeFileSync(path(`${name}.crt`), certPem)
    writeFileSync(path(`${name}.key`), keyPem)
  }
  const files = (name = 'client'): RedisTlsFiles => ({
    ca: path('ca.crt'),
    cert: path(`${name}.crt`),
    key: path(`${name}.key`),
  })
  const client = (commonName: string, from = ca) => from.issue({ commonName, usages: ['clientAuth'] })

  function open(tlsFiles: RedisTlsFiles): RedisStore {
    const url = server.url.replace('redis:', 'rediss:')
    const store = createRedisStore({ url, tlsFiles, ringName: 'r', intervalMs, onBadRecord: () => {}, log })
    stores.push(store)
    return store
  }

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'metrics-ring-tls-'))
    ca = await createAuthority('private')
    writeFileSync(path('ca.crt'), ca.certPem)
    put('server', await ca.issue({ commonName: 'redis', ipAddresses: ['127.0.0.1'], usages: ['serverAuth'] }))
    put('client', await client('one'))
    const port = await freePort()
    const own = ['--tls-cert-file', path('server.crt'), '--tls-key-file', path('server.key')]
    const args = ['--port', '0', '--tls-port', String(port), '--tls-ca-cert-file', path('ca.crt'), ...own]
    server = await startRedisServer({ port, args: [...args, '--tls-auth-clients', 'yes'] })
  })
  beforeEach(() => {
    stores = []
    lines = []
  })
  afterEach(() => Promise.all(stores.map((store) => store.close())))
  after(async () => {
    await server?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  it('is read and written by who shows one of the private CA', async () => {
    const store = open(files())
    expect(await commitAsShard(store, scrape(await store.time()))).to.include({ result: 'accepted' })
  })

  it('is away for who shows none, or trusts another CA, and the log says why', async () => {
    const none = open({ ca: path('ca.crt') })
    expect(await none.time().catch(({ code }) => code)).to.equal('store_unavailable')
    const stranger = open({ cert: path('client.crt'), key: path('client.key') })
    expect(await stranger.time().catch(({ message }) => message)).to.match(/certificate|issuer/)
    expect(lines.join()).to.match(/self-signed certificate in certificate chain/)
  })

  it('is shown the new certificate on the next connection, and the last good one where a file is gone', async () => {
    put('rotated', await client('before', await createAuthority('another')))
    const store = open(files('rotated'))
    expect(await store.time().catch(({ code }) => code)).to.equal('store_unavailable')
    put('rotated', await client('after'))
    await answers(store)
    rmSync(path('rotated.crt'))
    await server.restart()
    await answers(store)
    expect(lines.join()).to.include('keeping the last one')
  })

  it('is not even asked where a file is missing', () => {
    expect(() => open(files('nobody'))).to.throw(/nobody\.crt: ENOENT/)
  })
})

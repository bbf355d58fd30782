import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stop } from '@metrics-ring/common/clock'
import { CodedError } from '@metrics-ring/common/errors'
import type { KubeAnswer } from '@metrics-ring/common/kube/kube'
import { silentLog } from '@metrics-ring/common/log'
import { createFakeClock, type FakeClock } from '@metrics-ring/common/testing/fake-clock'
import { expect } from 'chai'
import { createTrust, type Trust } from '../../src/trust/trust-config.ts'
import type { TrustFlags } from '../../src/trust/trust-settings.ts'
import { authority } from '../pki.ts'

const noFlags: TrustFlags = {
  requestheaderAllowedNames: [],
  requestheaderUsernameHeaders: [],
  requestheaderUidHeaders: [],
  requestheaderGroupHeaders: [],
  requestheaderExtraHeadersPrefix: [],
  authenticationTolerateLookupFailure: false,
  authenticationSkipLookup: false,
}

describe('trust', () => {
  let first: string
  let second: string
  let clock: FakeClock
  let asked: string[]
  let warnings: string[]
  let answer: () => KubeAnswer
  let trust: Trust
  const stops: Stop[] = []

  before(async () => {
    first = (await authority('first')).cert
    second = (await authority('second')).cert
  })
  beforeEach(() => {
    clock = createFakeClock()
    asked = []
    warnings = []
  })
  afterEach(() => {
    for (const stop of stops.splice(0)) stop()
  })
  const holds = (data: Record<string, string>) => {
    answer = () => ({ status: 200, body: { data } })
  }
  async function start(flags: Partial<TrustFlags> = {}): Promise<void> {
    const client = {
      async request(_method: string, path: string) {
        asked.push(path)
        return answer()
      },
    }
    const log = { ...silentLog, warn: (fields: object) => void warnings.push(JSON.stringify(fields)) }
    trust = createTrust({ client, clock, log, flags: { ...noFlags, ...flags } })
    stops.push(await trust.start())
  }
  const code = (starting: Promise<void>) => starting.catch((error) => (error as CodedError).code)

  it('is what the ConfigMap says', async () => {
    holds({
      'client-ca-file': first,
      'requestheader-client-ca-file': second,
      'requestheader-allowed-names': '["front-proxy-client"]',
      'requestheader-username-headers': '["X-User"]',
      'requestheader-uid-headers': '["X-Uid"]',
      'requestheader-group-headers': '["X-Group"]',
      'requestheader-extra-headers-prefix': '["X-Extra-"]',
    })
    await start()
    const { clientCa, requestHeader } = trust.current()
    expect([clientCa?.pem, requestHeader?.ca.pem]).to.deep.equal([first, second])
    expect(requestHeader?.allowedNames).to.deep.equal(['front-proxy-client'])
    expect(requestHeader?.headers).to.deep.equal({
      username: ['X-User'],
      uid: ['X-Uid'],
      group: ['X-Group'],
      extraPrefix: ['X-Extra-'],
    })
    expect(asked).to.deep.equal([
      '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication',
    ])
  })

  it('trusts nobody where keys or the ConfigMap are missing, and goes on', async () => {
    holds({ 'requestheader-client-ca-file': first })
    await start()
    expect(trust.current().clientCa).to.equal(undefined)
    expect(trust.current().requestHeader?.headers.username).to.deep.equal(['X-Remote-User'])
    answer = () => ({ status: 404, body: {} })
    await start()
    expect(trust.current()).to.deep.equal({})
    expect(trust.loaded()).to.equal(true)
  })

  it('follows a rotated CA within a minute, tells who listens, and makes a new bundle only then', async () => {
    holds({ 'client-ca-file': first })
    await start()
    const seen: unknown[] = []
    trust.onChange(({ clientCa }) => seen.push(clientCa?.pem))
    const before = trust.current()
    await clock.advance(30_000)
    expect(trust.current()).to.equal(before)
    holds({ 'client-ca-file': first + second })
    await clock.advance(30_000)
    expect(trust.current().clientCa?.certificates).to.have.length(2)
    expect(seen).to.deep.equal([first + second])
  })

  it('keeps its last good value when a text is bad, and says so once', async () => {
    holds({ 'client-ca-file': first, 'requestheader-client-ca-file': first })
    await start()
    holds({
      'client-ca-file': first.replace('MII', '###'),
      'requestheader-client-ca-file': second,
      'requestheader-allowed-names': 'front-proxy-client',
    })
    await clock.advance(60_000)
    expect(trust.current().clientCa?.pem).to.equal(first)
    expect(trust.current().requestHeader?.ca.pem).to.equal(second)
    expect(warnings).to.have.length(2)
  })

  it('keeps its last value when the ConfigMap is gone, forbidden or out of reach', async () => {
    holds({ 'client-ca-file': first })
    await start()
    for (const status of [404, 403, 500]) {
      answer = () => ({ status, body: {} })
      await clock.advance(20_000)
      expect(trust.current().clientCa?.pem).to.equal(first)
    }
    expect(warnings).to.have.length(2)
  })

  it('does not start where the ConfigMap is forbidden, unless that is tolerated', async () => {
    answer = () => ({ status: 403, body: {} })
    expect(await code(start())).to.equal('trust_forbidden')
    await start({ authenticationTolerateLookupFailure: true })
    expect(trust.loaded()).to.equal(true)
    await start({ authenticationSkipLookup: true })
    expect(asked).to.have.length(2)
  })

  it('waits for an API server that is not there yet, looking every second', async () => {
    answer = () => {
      throw new CodedError('kube_unreachable', 'nobody there')
    }
    await start()
    expect(trust.loaded()).to.equal(false)
    holds({ 'client-ca-file': first })
    await clock.advance(1_000)
    expect(trust.loaded()).to.equal(true)
    expect(trust.current().clientCa?.pem).to.equal(first)
  })

  describe('by flags', () => {
    let directory: string
    let file: string
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'trust-'))
      file = join(directory, 'ca.crt')
    })
    beforeEach(() => writeFile(file, first))
    after(() => rm(directory, { recursive: true }))

    /** Files are read by the event loop's own time: looks until the condition holds. */
    async function until(condition: () => boolean): Promise<void> {
      // The files are real, and read while the fake clock goes on.
      for (let tries = 0; tries < 1_000 && !condition(); tries++) {
        await clock.advance(100)
        await sleep(5)
      }
      expect(condition()).to.equal(true)
    }

    it('comes from the files alone where both are given, and follows them', async () => {
      await start({ clientCaFile: file, requestheaderClientCaFile: file, requestheaderAllowedNames: ['a'] })
      expect(asked).to.deep.equal([])
      expect(trust.current().requestHeader?.allowedNames).to.deep.equal(['a'])
      await writeFile(file, second)
      await until(() => trust.current().clientCa?.pem === second)
      await writeFile(file, '')
      await until(() => warnings.length === 2)
      expect(trust.current().requestHeader?.ca.pem).to.equal(second)
    })

    it('replaces what the ConfigMap says of the same thing', async () => {
      holds({
        'client-ca-file': second,
        'requestheader-client-ca-file': second,
        'requestheader-allowed-names': '["b"]',
        'requestheader-group-headers': '["X-Group"]',
      })
      await start({ clientCaFile: file, requestheaderGroupHeaders: ['X-Mine'] })
      expect(trust.current().clientCa?.pem).to.equal(first)
      expect(trust.current().requestHeader).to.deep.include({ allowedNames: ['b'] })
      expect(trust.current().requestHeader?.headers.group).to.deep.equal(['X-Mine'])
      await start({ requestheaderClientCaFile: file })
      expect(trust.current().requestHeader).to.deep.include({ allowedNames: [] })
    })

    it('does not start from a file that is missing or holds no certificate', async () => {
      expect(await code(start({ clientCaFile: join(directory, 'none') }))).to.equal('bad_ca_file')
      await writeFile(file, 'nothing')
      expect(await code(start({ requestheaderClientCaFile: file }))).to.equal('bad_ca_file')
    })
  })
})

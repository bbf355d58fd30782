import { metricsServerFlags } from '@metrics-ring/common/metrics-server-flags'
import { expect } from 'chai'
import { readFrontendConfig } from '../src/config.ts'

const redis = '--redis-url=redis://localhost'
const read = (...argv: string[]) => readFrontendConfig([redis, ...argv], {})

describe('the command line of a frontend', () => {
  it('needs a store and nothing else', () => {
    expect(readFrontendConfig([], {}).faults).to.have.length(1)
    expect(read().faults).to.deep.equal([])
    const { config, faults } = readFrontendConfig([], { REDIS_URL: 'redis://secret@host' })
    expect([config.redis.url, faults]).to.deep.equal(['redis://secret@host', []])
  })

  it('derives the age bound from the interval: four of them, at least a minute', () => {
    expect(read().config.maxAgeMs).to.equal(60_000)
    expect(read('--metric-resolution=30s').config.maxAgeMs).to.equal(120_000)
    expect(read('--max-sample-age=45s').config.maxAgeMs).to.equal(45_000)
  })

  it('listens on all addresses where the address says nothing', () => {
    for (const address of ['0.0.0.0', '::']) {
      expect(read(`--bind-address=${address}`).config.listen.address).to.equal(undefined)
    }
    expect(read('--bind-address=127.0.0.1').config.listen).to.deep.equal({ port: 443, address: '127.0.0.1' })
  })

  it('uses one kubeconfig for all purposes unless told otherwise', () => {
    const { config } = read('--kubeconfig=/k', '--authorization-kubeconfig=/z')
    expect(config.authenticationKubeconfig).to.equal('/k')
    expect(config.authorizationKubeconfig).to.equal('/z')
  })

  it('lists every fault at once', () => {
    const { faults } = readFrontendConfig(
      [
        '--secure-port=70000',
        '--tls-cert-file=/c',
        '--max-sample-age=10s',
        '--metric-resolution=x',
        '--tls-min-version=VersionTLS10',
        '--nope',
      ],
      {},
    )
    for (const name of [
      'redis-url',
      'secure-port',
      'tls-private-key-file',
      'metric-resolution',
      'tls-min-version',
      'nope',
    ]) {
      expect(faults.join('\n'), name).to.include(name)
    }
    expect(read('--max-sample-age=10s').faults.join()).to.include('at least two intervals')
  })

  it('accepts every flag of metrics-server', () => {
    for (const [name, kind] of Object.entries(metricsServerFlags)) {
      const { faults } = read(kind === 'bool' ? `--${name}` : `--${name}=1`)
      expect(
        faults.filter((fault) => fault.includes('unknown')),
        name,
      ).to.deep.equal([])
    }
  })
})

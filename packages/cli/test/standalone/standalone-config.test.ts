import { metricsServerFlags } from '@metrics-ring/common/metrics-server-flags'
import { readFrontendConfig } from '@metrics-ring/frontend/config'
import { readShardConfig } from '@metrics-ring/shard/config'
import { expect } from 'chai'
import { readStandaloneConfig } from '../../src/standalone/standalone-config.ts'

describe('the command line of a standalone process', () => {
  it('needs nothing, and reads each flag as the tier that has it', () => {
    const argv = [
      '--metric-resolution=30s',
      '--kubelet-port=1',
      '--secure-port=2',
      '--max-sample-age=90s',
      '--v=4',
    ]
    const { config, faults } = readStandaloneConfig(argv, {})
    expect(faults).to.deep.equal([])
    const redis = '--redis-url=redis://r'
    const { config: shard } = readShardConfig([redis, ...argv], { POD_NAME: 's' })
    const { config: frontend } = readFrontendConfig([redis, ...argv], {})
    expect({ ...shard, ...frontend, ignored: [] }).to.deep.include(config)
    expect(readStandaloneConfig([], {}).faults).to.deep.equal([])
  })

  it('accepts every flag of metrics-server', () => {
    for (const [name, kind] of Object.entries(metricsServerFlags)) {
      const { faults } = readStandaloneConfig([kind === 'bool' ? `--${name}` : `--${name}=1`], {})
      expect(
        faults.filter((fault) => fault.includes('unknown')),
        name,
      ).to.deep.equal([])
    }
  })

  it('accepts the arguments of its manifest as they are', () => {
    const args = [
      '--cert-dir=/tmp',
      '--secure-port=10250',
      '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
      '--kubelet-use-node-status-port',
      '--metric-resolution=15s',
    ]
    const { config, faults } = readStandaloneConfig(args, {})
    expect({ faults, ignored: config.ignored }).to.deep.equal({ faults: [], ignored: [] })
  })

  it('lists every fault of both tiers at once', () => {
    const argv = [
      '--kubelet-port=x',
      '--secure-port=70000',
      '--kubelet-request-timeout=1h',
      '--redis-url=redis://r',
    ]
    const { faults } = readStandaloneConfig(argv, {})
    for (const part of [
      'kubelet-port',
      'secure-port',
      'kubelet-request-timeout',
      'unknown flag: --redis-url',
    ])
      expect(faults.join('\n')).to.include(part)
  })
})

import { expect } from 'chai'
import { readShardConfig } from '../src/config.ts'

const needed = ['--redis-url=redis://r', '--identity=shard-0']

describe('the command line of a shard', () => {
  it('needs little and has the defaults of metrics-server, the interval of its manifests', () => {
    const { config, faults } = readShardConfig(needed, {})
    expect(faults).to.deep.equal([])
    expect(config).to.deep.include({
      intervalMs: 15_000,
      ringName: 'metrics-ring',
      leaseNamespace: 'kube-system',
    })
    expect(config.kubelet).to.deep.include({ port: 10_250, timeoutMs: 10_000, insecureTls: false })
  })

  it('takes name and password from the environment', () => {
    const env = { REDIS_URL: 'redis://:secret@r', POD_NAME: 'pod-1' }
    expect(readShardConfig([], env)).to.deep.include({ faults: [] })
    expect(readShardConfig([], env).config).to.include({ identity: 'pod-1' })
    expect(readShardConfig([], env).config.redis.url).to.equal('redis://:secret@r')
  })

  it('shortens the default time-out with the interval', () => {
    expect(readShardConfig([...needed, '--metric-resolution=3s'], {}).config.kubelet.timeoutMs).to.equal(
      2_000,
    )
  })

  it('lists everything that contradicts at once', () => {
    const { faults } = readShardConfig(
      [
        '--identity=Shard:0',
        '--metric-resolution=10s',
        '--kubelet-request-timeout=10s',
        '--kubelet-client-certificate=c',
        '--kubelet-insecure-tls',
        '--kubelet-certificate-authority=ca',
      ],
      {},
    )
    expect(faults).to.have.length(5)
    expect(faults.join('\n')).to.match(
      /redis-url.*\n.*identity.*\n.*well below.*\n.*go together.*\n.*contradicts/,
    )
  })

  it('accepts the arguments of a metrics-server Deployment, naming those without meaning here', () => {
    const args = ['--cert-dir=/tmp', '--secure-port=10250', '--kubelet-use-node-status-port', '--v=2']
    const { config, faults } = readShardConfig([...needed, ...args], {})
    expect(faults).to.deep.equal([])
    expect(config.ignored).to.deep.equal(['cert-dir', 'secure-port'])
  })
})

import { expect } from 'chai'
import { parseDuration } from '../src/duration.ts'
import { flagsHelp, readFlags } from '../src/flags.ts'
import { metricsServerFlags } from '../src/metrics-server-flags.ts'

const table = {
  'metric-resolution': { type: 'duration', default: '15s', least: 3000, help: 'scrape interval' },
  'secure-port': { type: 'int', default: '443', help: 'port' },
  'kubelet-insecure-tls': { type: 'bool', help: 'trust any kubelet' },
  'redis-url': { type: 'string', env: 'REDIS_URL', help: 'store' },
  'address-types': { type: 'list', default: 'Hostname,InternalIP', help: 'order' },
  'kubelet-endpoint': { type: 'string', default: 'auto', oneOf: ['auto', 'resource'], help: 'source' },
  v: { type: 'int', default: '0', help: 'verbosity' },
} as const

describe('the command line', () => {
  it('gives the defaults when nothing is said', () => {
    expect(readFlags(table, []).values).to.deep.equal({
      'metric-resolution': 15_000,
      'secure-port': 443,
      'kubelet-insecure-tls': false,
      'redis-url': undefined,
      'address-types': ['Hostname', 'InternalIP'],
      'kubelet-endpoint': 'auto',
      v: 0,
    })
  })

  it('reads every way of writing a flag', () => {
    const read = readFlags(table, [
      '--metric-resolution=1m30s',
      '--secure-port',
      '4443',
      '--kubelet-insecure-tls',
      '--address-types=InternalIP, ExternalIP',
      '--v=2',
    ])
    expect(read.faults).to.deep.equal([])
    expect(read.values).to.include({ 'metric-resolution': 90_000, 'secure-port': 4443, v: 2 })
    expect(read.values['kubelet-insecure-tls']).to.equal(true)
    expect(read.values['address-types']).to.deep.equal(['InternalIP', 'ExternalIP'])
    expect(readFlags(table, ['--kubelet-insecure-tls=false', '-v', '4']).values).to.include({
      'kubelet-insecure-tls': false,
      v: 4,
    })
  })

  it('reads short flags as pflag does', () => {
    const short = {
      ...table,
      'node-selector': { type: 'string', short: 'l', help: 'which' },
      watch: { type: 'bool', short: 'w', help: 'again' },
    } as const
    for (const args of [['-v=4'], ['-v', '4'], ['-v4'], ['--v=4'], ['--v', '4']]) {
      const { values, faults } = readFlags(short, args)
      expect({ v: values.v, faults }, args.join(' ')).to.deep.equal({ v: 4, faults: [] })
    }
    expect(readFlags(short, ['-l=a=b']).values['node-selector']).to.equal('a=b')
    expect(readFlags(short, ['-w']).values.watch).to.equal(true)
    expect(readFlags(short, ['-w=false'])).to.deep.include({ faults: [] })
    expect(readFlags(short, ['-w=false']).values.watch).to.equal(false)
    expect(readFlags(short, ['-x=1']).faults).to.not.deep.equal([])
  })

  it('takes from the environment what must stay out of the process list, the flag winning', () => {
    const env = { REDIS_URL: 'redis://a' }
    expect(readFlags(table, [], env).values['redis-url']).to.equal('redis://a')
    expect(readFlags(table, ['--redis-url=redis://b'], env).values['redis-url']).to.equal('redis://b')
  })

  it('lists every fault at once', () => {
    const read = readFlags(table, [
      '--metric-resolution=1s',
      '--secure-port=https',
      '--kubelet-insecure-tls=maybe',
      '--kubelet-endpoint=cadvisor',
      '--no-such-flag=1',
      'leftover',
      '--redis-url',
    ])
    expect(read.faults).to.deep.equal([
      'unknown flag: --no-such-flag',
      'unexpected argument "leftover"',
      '--redis-url needs a value',
      '--metric-resolution: 1s is less than 3s',
      '--secure-port: "https" is not a whole number',
      '--kubelet-insecure-tls: "maybe" is not true or false',
      '--kubelet-endpoint: "cadvisor" is not one of auto, resource',
    ])
  })

  it('accepts names without meaning here and tells which', () => {
    const read = readFlags(table, ['--profiling=false', '--vmodule', 'a=1'], {}, metricsServerFlags)
    expect(read).to.deep.include({ faults: [], ignored: ['profiling', 'vmodule'] })
  })

  it('prints its own help', () => {
    expect(flagsHelp(table)).to.include('--redis-url string').and.include('or env REDIS_URL')
  })

  it('names in its help the only values that a flag may take', () => {
    expect(flagsHelp(table)).to.include('--kubelet-endpoint auto|resource  ')
  })
})

describe('Go durations', () => {
  it('reads what time.ParseDuration reads', () => {
    const cases: [string, number | undefined][] = [
      ['15s', 15_000],
      ['1m30s', 90_000],
      ['1.5h', 5_400_000],
      ['.5s', 500],
      ['100ms', 100],
      ['0', 0],
      ['-2s', -2000],
      ['', undefined],
      ['15', undefined],
      ['s', undefined],
      ['1x', undefined],
      ['1s ', undefined],
      ['1s2', undefined],
    ]
    for (const [text, ms] of cases) expect(parseDuration(text), text).to.equal(ms)
  })
})

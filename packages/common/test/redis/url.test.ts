import { expect } from 'chai'
import { CodedError } from '../../src/errors.ts'
import { parseRedisUrl, shownAddress } from '../../src/redis/url.ts'

function faultOf(url: string): string {
  try {
    parseRedisUrl(url)
    return 'none'
  } catch (error) {
    expect(error).to.be.instanceOf(CodedError).with.property('code', 'bad_redis_url')
    return (error as Error).message
  }
}

const nobody = {
  username: undefined,
  password: undefined,
  sentinelUsername: undefined,
  sentinelPassword: undefined,
}

describe('a Redis URL', () => {
  it('names host, port, user, password and database', () => {
    expect(parseRedisUrl('rediss://me:p%40s:s@redis.example:6380/3')).to.deep.equal({
      ...nobody,
      topology: 'single',
      hosts: [{ host: 'redis.example', port: 6380 }],
      name: '',
      username: 'me',
      password: 'p@s:s',
      db: 3,
      tls: true,
    })
  })

  it('needs only a host', () => {
    expect(parseRedisUrl('redis://[::1]')).to.deep.equal({
      ...nobody,
      topology: 'single',
      hosts: [{ host: '::1', port: 6379 }],
      name: '',
      db: 0,
      tls: false,
    })
  })

  it('names Sentinels, how to log in to them, the primary they know, and a database', () => {
    const url = 'rediss-sentinel://:pw@a,b:5000,[::1]:5001/main/2?sentinel-username=s&sentinel-password=t%26'
    const address = parseRedisUrl(url)
    expect(address).to.deep.equal({
      topology: 'sentinel',
      hosts: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 5000 },
        { host: '::1', port: 5001 },
      ],
      name: 'main',
      username: undefined,
      password: 'pw',
      sentinelUsername: 's',
      sentinelPassword: 't&',
      db: 2,
      tls: true,
    })
    expect(shownAddress(address)).to.equal('main of Sentinels a:26379,b:5000,[::1]:5001')
  })

  it('names some servers of a Cluster', () => {
    const address = parseRedisUrl('redis-cluster://me:pw@a:7000,b')
    expect(address).to.include({ topology: 'cluster', username: 'me', password: 'pw', tls: false, db: 0 })
    expect(shownAddress(address)).to.equal('Cluster a:7000,b:6379')
  })

  it('is refused, without being shown, when it cannot be used', () => {
    for (const url of [
      'secret',
      'http://:secret@h',
      'redis://',
      'redis://:secret%@h',
      'redis://:secret@h/zero',
      'redis://:secret@h/-1',
      'redis://:secret@h/0?db=1',
      'redis://:secret@h/0#secret',
      'redis://:secret@h:99999',
      'redis://:secret@h:0',
      'redis://:secret@h,i',
      'redis-sentinel://:secret@h',
      'redis-sentinel://:secret@h/name/0/secret',
      'redis-sentinel://:secret@h,,i/name',
      'redis-cluster://:secret@h/1',
      'redis-cluster://:secret@h?sentinel-password=secret',
    ]) {
      expect(faultOf(url), url).to.match(/^the Redis URL cannot be used: /)
      expect(faultOf(url)).not.to.include('secret')
    }
  })
})

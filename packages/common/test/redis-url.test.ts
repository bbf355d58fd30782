import { expect } from 'chai'
import { CodedError } from '../src/errors.ts'
import { parseRedisUrl } from '../src/redis-url.ts'

function faultOf(url: string): string {
  try {
    parseRedisUrl(url)
    return 'none'
  } catch (error) {
    expect(error).to.be.instanceOf(CodedError).with.property('code', 'bad_redis_url')
    return (error as Error).message
  }
}

describe('a Redis URL', () => {
  it('names host, port, user, password and database', () => {
    expect(parseRedisUrl('rediss://me:p%40ss@redis.example:6380/3')).to.deep.equal({
      host: 'redis.example',
      port: 6380,
      username: 'me',
      password: 'p@ss',
      db: 3,
      tls: true,
    })
  })

  it('needs only a host', () => {
    expect(parseRedisUrl('redis://[::1]')).to.deep.equal({
      host: '::1',
      port: 6379,
      username: undefined,
      password: undefined,
      db: 0,
      tls: false,
    })
  })

  it('is refused, without being shown, when it cannot be used', () => {
    for (const url of [
      'secret',
      'http://:secret@h',
      'redis-cluster://:secret@h',
      'redis://',
      'redis://:secret%@h',
      'redis://:secret@h/zero',
      'redis://:secret@h/-1',
      'redis://:secret@h/0?db=1',
      'redis://:secret@h:99999',
    ]) {
      expect(faultOf(url), url).to.match(/^the Redis URL cannot be used: /)
      expect(faultOf(url)).not.to.include('secret')
    }
    expect(faultOf('redis-sentinel://h/x')).to.include('redis-sentinel:// is not supported')
  })
})

import { expect } from 'chai'
import { Redis } from 'ioredis'
import { aclRules } from '../../src/redis/acl.ts'
import { examineRedis } from '../../src/redis/examine.ts'
import { type RedisServer, startRedisServer } from '../../testing/redis-server.ts'

describe('a look at Redis', () => {
  let server: RedisServer
  let admin: Redis
  before(async () => {
    server = await startRedisServer()
    admin = new Redis(server.port, '127.0.0.1')
  })
  after(async () => {
    await admin.quit()
    await server.stop()
  })
  const look = (login = '') =>
    examineRedis({ url: server.url.replace('//', `//${login}`), tlsFiles: {}, ringName: 'blue' })
  const user = (...more: string[]) =>
    admin.call('ACL', 'SETUSER', 'ring', 'reset', 'on', '>pw', ...aclRules('blue'), ...more)

  it('tells its clock, its INFO and that it takes writes, of which nothing stays', async () => {
    const { answer, write, info } = await look()
    expect(answer.ok && answer.timeMs).to.be.closeTo(Date.now(), 60_000)
    expect(write).to.deep.equal({ ok: true })
    expect(info?.get('role')).to.equal('master')
    for (const key of await admin.keys('*')) expect(await admin.pttl(key)).to.be.within(0, 1_000)
  })

  it('is content with the rights that metrics-ring needs, and tells when one is missing', async () => {
    await user()
    const least = await look('ring:pw@')
    expect(least.write).to.deep.equal({ ok: true })
    expect(least.info).to.equal(undefined)
    await user('-hset')
    const { write } = await look('ring:pw@')
    expect(!write.ok && write.code).to.equal('store_forbidden')
    const { answer } = await look('ring:wrong@')
    expect(!answer.ok && answer.code).to.equal('store_auth')
  })
})

import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { aclRules, neededCommands, sentinelRights, usefulCommands } from '../../src/redis/acl.ts'
import { scripts } from '../../src/redis/scripts.ts'
import { type RedisServer, startRedisServer } from '../../testing/redis-server.ts'
import { storeContract } from './store-contract.ts'
import { overdueContract } from './store-overdue-contract.ts'
import { openRedis } from './stores-under-test.ts'

const password = 'pass word@/:%'
const doc = readFileSync(new URL('../../../../docs/redis.md', import.meta.url), 'utf8')

/** As COMMAND tells of one: the last element is its sub-commands. */
type CommandReply = [name: string, arity: number, flags: string[], ...unknown[]]

/** The commands, and in place of those that have sub-commands these. */
function leaves(replies: CommandReply[]): { name: string; arity: number; flags: string[] }[] {
  return replies.flatMap(([name, arity, flags, ...rest]) => {
    const subCommands = rest[6] as CommandReply[]
    return subCommands.length > 0 ? leaves(subCommands) : [{ name, arity, flags }]
  })
}

describe('the user of least rights in Redis', () => {
  let server: RedisServer
  let admin: Redis
  const asUser = (name = 'ring') => server.url.replace('://', `://${name}:${encodeURIComponent(password)}@`)

  before(async () => {
    server = await startRedisServer()
    admin = new Redis(server.url)
    // The tests' rings are test-1, test-2 and so on.
    await admin.call('ACL', 'SETUSER', 'ring', 'on', `>${password}`, ...aclRules('test-*'))
  })
  after(async () => {
    await admin.quit()
    await server.stop()
  })
  /** What Redis says to the user who sends this; OK: it may. */
  const dryRun = async (...command: string[]) => String(await admin.call('ACL', 'DRYRUN', 'ring', ...command))

  const open = () => openRedis(asUser(), async () => server.url)
  describe('as every store', () => storeContract(open))
  describe('overdue nodes', () => overdueContract(open))

  it('is refused every other command', async () => {
    const allowed = new Set<string>(neededCommands)
    const known = leaves((await admin.call('COMMAND')) as CommandReply[])
    expect(known.length).to.be.above(300)
    const refused: string[] = []
    for (const { name, arity, flags } of known) {
      // Which every user may: to log in and to leave.
      if (flags.includes('no_auth')) continue
      const command = name.split('|')
      while (command.length < Math.abs(arity)) command.push('1')
      const said = await dryRun(...command)
      if (!allowed.has(name)) expect(said, name).to.match(/no permissions to run/)
      if (/no permissions to run/.test(said)) refused.push(name)
    }
    expect(refused).to.have.lengthOf.above(280)
    for (const each of allowed) expect(refused).not.to.include(each)
  })

  it('is refused the keys of everybody else', async () => {
    expect(await dryRun('hset', 'mr:{test-1}:node:n', 'at', '1')).to.equal('OK')
    for (const key of ['mr:{other}:node:n', 'mr:', 'session:1']) {
      expect(await dryRun('hset', key, 'at', '1'), key).to.match(/no permissions to access/)
    }
    const user = new Redis(asUser(), { enableReadyCheck: false })
    const theft = await user.eval("return redis.call('HGET', KEYS[1], 'at')", 1, 'other').catch(String)
    expect(theft).to.match(/permission/)
    await user.quit()
  })

  it('has no right that our scripts do not use', () => {
    const texts = Object.values(scripts).map(({ text }) => text)
    const used = texts.flatMap((text) => [...text.matchAll(/redis\.p?call\('([A-Z]+)'/g)])
    const names = new Set(used.map(([, name = '']) => name.toLowerCase()))
    expect([...names, 'eval', 'evalsha']).to.have.members([...neededCommands])
  })

  it('is what the documentation says', () => {
    const line = `ACL SETUSER metrics-ring on ><password> ${aclRules('metrics-ring').join(' ')}`
    expect(doc).to.include(line)
    expect(doc).to.include(sentinelRights.join(' '))
    for (const each of usefulCommands) expect(doc).to.include(`+${each}`)
  })
})

/**
 * Every command that metrics-ring sends to Redis, or that its scripts run there; logging in needs no right. Redis 6.2
 * knows them all. docs/redis.md tells operators.
 */
export const neededCommands = [
  'eval',
  'evalsha',
  'del',
  'exists',
  'hdel',
  'hexists',
  'hget',
  'hincrby',
  'hmget',
  'hset',
  'pexpire',
  'time',
  'zadd',
  'zmscore',
  'zrange',
  'zrangebyscore',
  'zrem',
  'zremrangebyscore',
] as const

/** Of use besides: `select` with a database number in the URL; the others to `metrics-ring status --redis`. */
export const usefulCommands = ['select', 'info', 'memory|usage', 'zcard'] as const

/** Of the user who asks Sentinels. */
export const sentinelRights = ['+sentinel|get-master-addr-by-name', '+sentinel|sentinels'] as const

/** The rules of a user for one ring, as ACL SETUSER takes them: no right but these. */
export function aclRules(ringName: string, commands: readonly string[] = neededCommands): string[] {
  return ['resetkeys', 'resetchannels', `~mr:{${ringName}}:*`, '-@all', ...commands.map((each) => `+${each}`)]
}

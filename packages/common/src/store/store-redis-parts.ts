import type { RedisConnection } from '../redis/connection.ts'
import type { RingKeys } from '../redis/keys.ts'

/** What the parts of the store in Redis share. */
export type RedisStoreParts = {
  redis: RedisConnection
  keys: RingKeys
  /** Milliseconds, as a script's argument. */
  interval: string
  retention: string
  onBadRecord: (node: string, reason: string) => void
}

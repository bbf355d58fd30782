import { CodedError } from '../errors.ts'

export type RingKeys = {
  epoch: string
  feed: string
  fresh: string
  tried: string
  node(name: string): string
}

/** A name that keeps the hash tag whole, so that all keys of a ring share one slot of a Cluster. */
const plainName = /^[A-Za-z0-9._-]{1,128}$/

/** The keys of one ring; `redis/prelude.lua` says what they hold. */
export function ringKeys(ringName: string): RingKeys {
  if (!plainName.test(ringName)) {
    throw new CodedError(
      'bad_ring_name',
      'a ring name is 1 to 128 letters, digits, dots, dashes or underscores',
    )
  }
  const prefix = `mr:{${ringName}}:`
  return {
    epoch: `${prefix}epoch`,
    feed: `${prefix}feed`,
    fresh: `${prefix}fresh`,
    tried: `${prefix}tried`,
    node: (name) => `${prefix}node:${name}`,
  }
}

import type { HostPort } from './url.ts'

/** The servers of a Cluster, tried in turn until one of them holds our slot. */
export type Seats = {
  /** Where to connect now. */
  current(): HostPort
  /** How many there are to try. */
  count(): number
  /** The server there says that another holds our slot. */
  moved(to: HostPort): void
  /** The server there is of no use. */
  failed(): void
}

/** Servers heard of from others, besides those that were named: as many as a large Cluster has. */
const mostLearned = 100

/**
 * All keys of a ring share one slot, so one connection is enough: to the server that holds it. Any other server of
 * the Cluster says which that is. After a failure the next of all known ones is asked, the named ones again and again.
 */
export function createSeats(named: readonly [HostPort, ...HostPort[]]): Seats {
  const all: [HostPort, ...HostPort[]] = [...named]
  let next = 0
  let owner: HostPort | undefined
  return {
    current: () => owner ?? all[next % all.length] ?? all[0],
    count: () => all.length,
    moved(to) {
      owner = to
      const known = all.some(({ host, port }) => host === to.host && port === to.port)
      if (!known && all.length < named.length + mostLearned) all.push(to)
    },
    failed() {
      owner = undefined
      next++
    },
  }
}

/** Where a `MOVED <slot> <host>:<port>` points; an empty host is the one that said so. */
export function movedTo(message: string, from: HostPort): HostPort | undefined {
  const [, host, port] = /^MOVED \d+ (\S*):(\d{1,5})$/.exec(message) ?? []
  return port === undefined ? undefined : { host: host || from.host, port: Number(port) }
}

import { assignments } from '@metrics-ring/common/ring'
import type { LeaseApi } from './leases.ts'
import type { LeaseView } from './members.ts'

/** The Leases of a ring that nobody else can join: one, kept in this process. */
export function createSoleLease(shard: string, durationMs: number): LeaseApi {
  const protocols = [...assignments.keys()]
  let lease: LeaseView | undefined
  let writes = 0
  return {
    async renew(state) {
      const stamp = String(++writes)
      lease = { shard, holder: shard, renewTime: stamp, state, durationMs, resourceVersion: stamp, protocols }
      return { resourceVersion: stamp, renewTime: stamp }
    },
    list: async () => (lease ? [lease] : []),
    async collect() {},
    async release() {
      lease = undefined
    },
  }
}

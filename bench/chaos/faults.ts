import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import {
  addShards,
  churnNodes,
  drain,
  killFrontend,
  killShards,
  rollFrontends,
  rollShards,
  upgradeShards,
  withoutApi,
} from './moves.ts'
import type { RedisTopology } from './redis.ts'
import type { Site } from './site.ts'

/** What may be said of a fault; at W = 15 s where it is a time, in seconds. Absent: nothing to reach. */
export type Targets = {
  /** Slots missed, of all nodes together. */
  missed?: number
  /** Slots missed of any one node. */
  mostMissed?: number
  extraPercent?: number
  recordAgeS?: number
  /** A new pod is served so long after its kubelet can tell; 18 unless said. */
  newPodS?: number
  drainS?: number
  /** Scrapes per node in the interval after the fault, or after the node was added. */
  stampede?: number
  evictions?: number
  /** Lists under way end with the process that answers them. */
  listsFail?: true
}

/** On a new node, whose scrapes are up to 4/3 of an interval apart until they are at their phase (decision 0007). */
const onNewNodes = { newPodS: 23 }

export type Fault = {
  name: string
  title: string
  /** How many shards there are before; as many as usual unless said. */
  shards?: number
  /** One server alone unless said. */
  redis?: RedisTopology
  targets: Targets
  /** There is nobody to create a pod while it lasts. */
  apiIsAway?: boolean
  /** Resolves when the fault is over; a number is the longest drain, milliseconds. */
  inflict(site: Site): Promise<unknown>
}

const inOrder: Targets = { missed: 0, extraPercent: 1, recordAgeS: 18, drainS: 25 }
const scaled = ({ options }: Site, seconds: number) => (seconds / 15) * options.intervalMs

export const faults: readonly Fault[] = [
  {
    name: 'none',
    title: 'no fault',
    targets: { missed: 0, extraPercent: 0, recordAgeS: 18 },
    async inflict() {},
  },
  {
    name: 'sigterm',
    title: 'SIGTERM of one',
    targets: inOrder,
    inflict: ({ deployment }) => drain(deployment.shards()[0]),
  },
  {
    name: 'sigkill',
    title: 'SIGKILL of one',
    targets: { mostMissed: 1, recordAgeS: 28 },
    inflict: (site) => killShards(site, 1),
  },
  {
    name: 'frontend-sigkill',
    title: 'SIGKILL of a frontend',
    targets: { missed: 0, extraPercent: 1, recordAgeS: 18, listsFail: true },
    inflict: killFrontend,
  },
  {
    name: 'flushall',
    title: 'FLUSHALL',
    targets: { missed: 0, stampede: 1.05 },
    inflict: (site) => redisCommand(site, (redis) => redis.flushall()),
  },
  {
    name: 'sigkill-two',
    title: 'SIGKILL of two of five',
    shards: 5,
    targets: { recordAgeS: 32 },
    inflict: (site) => killShards(site, 2),
  },
  {
    name: 'sigstop',
    title: 'SIGSTOP of one for 40 s, then SIGCONT',
    targets: { mostMissed: 1, recordAgeS: 28 },
    inflict: pause,
  },
  {
    name: 'frontends',
    title: 'rolling restart of the frontends',
    targets: { missed: 0, extraPercent: 1, recordAgeS: 18 },
    inflict: rollFrontends,
  },
  { name: 'rolling', title: 'rolling restart of the shards', targets: inOrder, inflict: rollShards },
  { name: 'scale', title: 'scale 3 to 6 to 2', shards: 3, targets: inOrder, inflict: scale },
  {
    name: 'api',
    title: 'API server away 90 s',
    apiIsAway: true,
    targets: { missed: 0, extraPercent: 1, evictions: 0 },
    inflict: (site) => withoutApi(site, scaled(site, 90)),
  },
  {
    name: 'api-sigkill',
    title: 'API server away 90 s, SIGKILL of one meanwhile',
    apiIsAway: true,
    targets: { mostMissed: 1, recordAgeS: 28 },
    inflict: (site) =>
      withoutApi(site, scaled(site, 90), async () => {
        await sleep(scaled(site, 30))
        await killShards(site, 1)
      }),
  },
  {
    name: 'cut',
    title: 'one shard cut off from the API server 150 s',
    targets: { missed: 0, extraPercent: 5 },
    inflict: cutOff,
  },
  {
    name: 'churn',
    title: 'a node replaced every 2 s for 60 s',
    targets: { missed: 0, extraPercent: 1, ...onNewNodes },
    inflict: (site) => churnNodes(site, scaled(site, 60), scaled(site, 2)),
  },
  {
    name: 'upgrade',
    title: 'rolling upgrade to a release of another protocol version, and back',
    targets: inOrder,
    async inflict(site) {
      const upMs = await upgradeShards(site)
      return Math.max(upMs, await rollShards(site))
    },
  },
  {
    name: 'redis',
    title: 'Redis killed, back empty after 5 s',
    targets: { missed: 0, extraPercent: 1 },
    async inflict(site) {
      const server = await site.redis.primary()
      await server.kill()
      await sleep(scaled(site, 5))
      await server.restart()
    },
  },
  {
    name: 'failover',
    title: 'Redis failed over by Sentinels',
    redis: 'sentinels',
    targets: { missed: 0, extraPercent: 1 },
    inflict: ({ redis }) => redis.failOver(),
  },
  {
    name: 'nodes',
    title: '500 nodes more at once',
    targets: { missed: 0, stampede: 1.05, ...onNewNodes },
    inflict: addNodes,
  },
]

async function pause(site: Site): Promise<void> {
  const victim = site.deployment.shards()[0]
  victim?.signal('SIGSTOP')
  await sleep(scaled(site, 40))
  victim?.signal('SIGCONT')
}

async function scale(site: Site): Promise<number> {
  await addShards(site, 3)
  await sleep(site.options.intervalMs)
  const took = site.deployment.shards().slice(0, 4).map(drain)
  return Math.max(...(await Promise.all(took)))
}

async function cutOff(site: Site): Promise<void> {
  const { apiserver } = site.cluster
  const name = site.deployment.shards()[0]?.name ?? ''
  apiserver.cutOff(name)
  await sleep(scaled(site, 150))
  apiserver.restore(name)
}

async function addNodes({ options, pods }: Site): Promise<void> {
  const count = Math.ceil(options.nodes / 2)
  for (let i = 0; i < count; i++) await pods.addNode()
}

async function redisCommand(site: Site, command: (redis: Redis) => Promise<unknown>): Promise<void> {
  const redis = new Redis(site.redis.url)
  try {
    await command(redis)
  } finally {
    redis.disconnect()
  }
}

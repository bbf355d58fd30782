import type { Installation } from '../whole/installation.ts'

/** So many intervals. */
export type Pass = (intervals: number) => Promise<void>

/** What is done to an installation while its metrics are recorded, and which alerts that is to raise. */
export type ReplayFault = {
  name: string
  title: string
  /** These fire, and no others but those that may. */
  raises: string[]
  mayRaise: string[]
  inflict(installation: Installation, pass: Pass): Promise<void>
}

export const replayFaults: ReplayFault[] = [
  {
    name: 'calm',
    title: 'all is well',
    raises: [],
    mayRaise: [],
    inflict: (_, pass) => pass(40),
  },
  {
    name: 'shard-killed',
    title: 'one shard is killed',
    raises: ['MetricsRingShardLost'],
    mayRaise: [],
    async inflict({ deployment }, pass) {
      deployment.shards()[0]?.signal('SIGKILL')
      await pass(24)
    },
  },
  {
    name: 'redis-killed',
    title: 'Redis is killed, and a frontend is restarted while it is away',
    raises: [
      'MetricsRingStoreDown',
      'MetricsRingIncomplete',
      'MetricsRingSamplesOld',
      'MetricsRingApiErrors',
    ],
    mayRaise: [],
    async inflict({ deployment, redis }, pass) {
      await redis.kill()
      await pass(6)
      const [victim] = deployment.frontends()
      victim?.signal('SIGKILL')
      await victim?.exited
      if (victim) deployment.restartFrontend(victim)
      await pass(16)
      await redis.restart()
      await pass(6)
    },
  },
  {
    name: 'shards-gone',
    title: 'all shards are killed',
    raises: ['MetricsRingNoShards', 'MetricsRingIncomplete', 'MetricsRingSamplesOld'],
    mayRaise: [],
    async inflict({ deployment }, pass) {
      for (const shard of deployment.shards()) shard.signal('SIGKILL')
      await pass(16)
    },
  },
  {
    name: 'frontends-gone',
    title: 'all frontends are killed',
    raises: ['MetricsRingNoFrontends'],
    mayRaise: [],
    async inflict({ deployment }, pass) {
      for (const frontend of deployment.frontends()) frontend.signal('SIGKILL')
      await pass(10)
    },
  },
  {
    name: 'shard-cut-off',
    title: 'one shard is cut off from the API server',
    raises: ['MetricsRingNoProof', 'MetricsRingSplit', 'MetricsRingShardLost'],
    mayRaise: [],
    async inflict({ cluster, deployment }, pass) {
      const victim = deployment.shards()[0]?.name ?? ''
      cluster.apiserver.cutOff(victim)
      await pass(20)
      cluster.apiserver.restore(victim)
      await pass(6)
    },
  },
  {
    name: 'kubelets-hang',
    title: 'a quarter of the kubelets take requests and never answer, one talks nonsense',
    raises: ['MetricsRingScrapesFailing', 'MetricsRingIncomplete', 'MetricsRingBadReadings'],
    mayRaise: ['MetricsRingSamplesOld'],
    async inflict({ cluster }, pass) {
      const [odd, ...others] = cluster.model.nodes().map(({ name }) => name)
      await cluster.kubelets.setFault(odd ?? '', { kind: 'garbage' })
      for (const node of others.slice(0, 4)) await cluster.kubelets.setFault(node, { kind: 'hang' })
      await pass(36)
    },
  },
  {
    name: 'api-slow',
    title: 'the API server takes two seconds for everything',
    raises: ['MetricsRingApiSlow', 'MetricsRingNoProof'],
    mayRaise: [],
    async inflict({ cluster }, pass) {
      cluster.apiserver.setOutage({ latencyMs: 2_000 })
      await pass(20)
      cluster.apiserver.setOutage(undefined)
      await pass(4)
    },
  },
]

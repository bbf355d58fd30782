import type { Fault, FaultKind } from './faults.ts'
import type { Kubelet } from './kubelets.ts'
import type { Weather } from './process.ts'
import type { SimShard, World } from './world.ts'

/** A fault, and what it strikes: one of the shards that stay, one of the kubelets; there may be none. */
type Scene = {
  world: World
  fault: Fault
  shard: SimShard | undefined
  staying: SimShard[]
  kubelet: Kubelet | undefined
  later(ms: number, then: () => void): void
  /** What ends it. */
  heal(then: () => void): void
}

const shapes: Weather['fault'][] = ['refused', 'silent', 'deaf']
const shapeOf = ({ how }: Fault) => shapes[how % shapes.length]
const clockSteps = [0, 0, 3_600_000, -3_600_000, 7_000, -7_000]

/** Makes a fault happen, now, and end. */
export function inflict(world: World, fault: Fault, log: (what: string) => void): void {
  const { scheduler } = world
  const later = (ms: number, then: () => void) => scheduler.at(scheduler.now() + ms, then)
  const staying = [...world.shards.values()].filter((shard) => !shard.leaving)
  const shard = staying[fault.which % Math.max(1, staying.length)]
  const nodes = [...world.kubelets.all.values()]
  const kubelet = nodes[fault.which % Math.max(1, nodes.length)]
  log(`${fault.kind} (${shard?.name}, ${kubelet?.node})`)
  effects[fault.kind]({
    world,
    fault,
    shard,
    staying,
    kubelet,
    later,
    heal: (then) =>
      later(fault.forMs, () => {
        then()
        log(`end of: ${fault.kind}`)
      }),
  })
}

const effects: Record<FaultKind, (scene: Scene) => void> = {
  'SIGTERM of a shard'({ world, shard, staying }) {
    if (staying.length === 1) world.startShard(undefined, shard?.versions)
    if (shard) world.terminate(shard)
  },
  'SIGKILL of a shard'({ world, fault: { how }, shard, staying, later }) {
    if (!shard) return
    world.kill(shard)
    if (staying.length > 1 && how % 2 === 1) return
    later(1_000 + (how % 10) * 1_000, () => world.startShard(undefined, shard.versions))
  },
  'a shard replaced by one of its name'({ world, fault: { how }, shard, later }) {
    if (!shard) return
    world.kill(shard)
    later(1_000 + (how % 30) * 1_000, () => world.startShard(shard.name, shard.versions))
  },
  'SIGSTOP of a shard, then SIGCONT'({ shard, heal }) {
    shard?.process.stop()
    heal(() => shard?.process.continue())
  },
  'a new shard': ({ world, shard }) => void world.startShard(undefined, shard?.versions),
  /** Each shard in turn: a new one that speaks both versions and, when that is in the ring, SIGTERM for the old. */
  'rolling upgrade of the protocol'({ world, staying, later }) {
    const replace = ([shard, ...others]: SimShard[]) => {
      if (!shard) return
      const young = world.startShard(undefined, [1, 2])
      const wait = () => {
        // maxUnavailable 0: a Deployment waits for its new Pod to be Ready, as long as that takes.
        if (young.leaving || young.process.state() === 'dead') return replace([shard, ...others])
        if (young.core.shard.members().length === 0) return later(2_000, wait)
        if (shard.process.state() !== 'dead' && !shard.leaving) world.terminate(shard)
        later(4_000, () => replace(others))
      }
      later(8_000, wait)
    }
    replace(staying.slice(0, 8))
  },
  'API server away'({ world: { api, faults }, fault, heal }) {
    if (fault.how % 5 === 4) api.faults.status = fault.how % 2 === 0 ? 503 : 429
    else faults.api = shapeOf(fault)
    heal(() => {
      api.faults.status = undefined
      faults.api = undefined
    })
  },
  'stale lists of Leases'({ world: { api }, fault, heal }) {
    api.faults.staleMs = 1_000 + (fault.how % 60) * 1_000
    heal(() => {
      api.faults.staleMs = 0
    })
  },
  'the store away'({ world: { faults }, fault, heal }) {
    faults.store = shapeOf(fault)
    heal(() => {
      faults.store = undefined
    })
  },
  'a shard cut from the API server': (scene) => cut(scene, 'api'),
  'a shard cut from the store': (scene) => cut(scene, 'store'),
  'a shard cut from the kubelets': (scene) => cut(scene, 'kubelets'),
  'failover of the store': ({ world, fault }) =>
    void world.redis.failOver(clockSteps[fault.how % clockSteps.length] as number),
  FLUSHALL: ({ world }) => void world.redis.flush(),
  'a kubelet away'({ fault, kubelet, heal }) {
    if (!kubelet) return
    kubelet.fault = fault.how % 2 === 0 ? 'refused' : 'silent'
    heal(() => {
      kubelet.fault = undefined
    })
  },
  'a slow kubelet'({ fault, kubelet, heal }) {
    if (!kubelet) return
    const usual = kubelet.tookMs
    kubelet.tookMs = 1_000 + (fault.how % 9) * 1_000
    heal(() => {
      kubelet.tookMs = usual
    })
  },
  'a kubelet whose clock steps'({ fault, kubelet }) {
    if (kubelet) kubelet.clockMs += fault.how % 2 === 0 ? 3_600_000 : -3_600_000
  },
  'nodes added'({ world, fault }) {
    for (let i = 0; i <= fault.how % 10; i++) world.addNode(`new-${Math.round(world.scheduler.now())}-${i}`)
    world.tellTargets()
  },
  'a node deleted'({ world, kubelet }) {
    if (kubelet) world.removeNode(kubelet.node)
    world.tellTargets()
  },
  'a node whose name is used again'({ world, fault, kubelet, later }) {
    if (!kubelet) return
    world.removeNode(kubelet.node)
    if (fault.how % 2 === 0) world.tellTargets()
    later((fault.how % 20) * 1_000, () => {
      world.addNode(kubelet.node)
      world.tellTargets()
    })
  },
}

function cut({ fault, shard, heal }: Scene, link: keyof SimShard['links']) {
  if (!shard) return
  shard.links[link] = shapeOf(fault)
  heal(() => {
    shard.links[link] = undefined
  })
}

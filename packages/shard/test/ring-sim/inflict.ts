import type { Fault } from './faults.ts'
import type { Kubelet } from './kubelets.ts'
import type { Weather } from './process.ts'
import type { SimShard, World } from './world.ts'

const shapes: Weather['fault'][] = ['refused', 'silent', 'deaf']

/** Makes a fault happen, now, and end. `heals`: tells when the world is whole again. */
export function inflict(world: World, fault: Fault, log: (what: string) => void): void {
  const { scheduler } = world
  const shape = shapes[fault.how % shapes.length]
  const later = (ms: number, then: () => void) => scheduler.at(scheduler.now() + ms, then)
  const heal = (then: () => void) =>
    later(fault.forMs, () => {
      then()
      log(`end of: ${fault.kind}`)
    })
  const staying = [...world.shards.values()].filter((shard) => !shard.leaving)
  const shard = staying[fault.which % Math.max(1, staying.length)]
  const nodes = [...world.kubelets.all.values()]
  const kubelet = nodes[fault.which % Math.max(1, nodes.length)]
  const replace = (then: () => void) => {
    if (staying.length === 1 || fault.how % 2 === 0) later(1_000 + (fault.how % 10) * 1_000, then)
  }
  const cut = (link: keyof SimShard['links']) => {
    if (!shard) return
    shard.links[link] = shape
    heal(() => {
      shard.links[link] = undefined
    })
  }
  log(`${fault.kind}${aim(fault, shard, kubelet)}`)
  switch (fault.kind) {
    case 'SIGTERM of a shard':
      if (!shard) return
      if (staying.length === 1) world.startShard(undefined, shard.versions)
      return void world.terminate(shard)
    case 'SIGKILL of a shard':
      if (!shard) return
      world.kill(shard)
      return replace(() => world.startShard(undefined, shard.versions))
    case 'a shard replaced by one of its name':
      if (!shard) return
      world.kill(shard)
      return later(1_000 + (fault.how % 30) * 1_000, () => world.startShard(shard.name, shard.versions))
    case 'SIGSTOP of a shard, then SIGCONT':
      shard?.process.stop()
      return heal(() => shard?.process.continue())
    case 'a new shard':
      return void world.startShard(undefined, shard?.versions)
    case 'rolling upgrade of the protocol':
      return upgrade(world, staying)
    case 'API server away':
      if (fault.how % 5 === 4) world.api.faults.status = fault.how % 2 === 0 ? 503 : 429
      else world.faults.api = shape
      return heal(() => {
        world.api.faults.status = undefined
        world.faults.api = undefined
      })
    case 'stale lists of Leases':
      world.api.faults.staleMs = 1_000 + (fault.how % 60) * 1_000
      return heal(() => {
        world.api.faults.staleMs = 0
      })
    case 'the store away':
      world.faults.store = shape
      return heal(() => {
        world.faults.store = undefined
      })
    case 'a shard cut from the API server':
      return cut('api')
    case 'a shard cut from the store':
      return cut('store')
    case 'a shard cut from the kubelets':
      return cut('kubelets')
    case 'failover of the store':
      return void world.redis.failOver([0, 0, 3_600_000, -3_600_000, 7_000, -7_000][fault.how % 6] as number)
    case 'FLUSHALL':
      return void world.redis.flush()
    default:
      return onNodes(world, fault, kubelet, heal)
  }
}

function onNodes(world: World, fault: Fault, kubelet: Kubelet | undefined, heal: (then: () => void) => void) {
  const { scheduler } = world
  switch (fault.kind) {
    case 'a kubelet away':
      if (!kubelet) return
      kubelet.fault = fault.how % 2 === 0 ? 'refused' : 'silent'
      return heal(() => {
        kubelet.fault = undefined
      })
    case 'a slow kubelet': {
      if (!kubelet) return
      const usual = kubelet.tookMs
      kubelet.tookMs = 1_000 + (fault.how % 9) * 1_000
      return heal(() => {
        kubelet.tookMs = usual
      })
    }
    case 'a kubelet whose clock steps':
      if (kubelet) kubelet.clockMs += fault.how % 2 === 0 ? 3_600_000 : -3_600_000
      return
    case 'nodes added':
      for (let i = 0; i <= fault.how % 10; i++) world.addNode(`new-${Math.round(scheduler.now())}-${i}`)
      return world.tellTargets()
    case 'a node deleted':
      if (kubelet) world.removeNode(kubelet.node)
      return world.tellTargets()
    case 'a node whose name is used again':
      if (!kubelet) return
      world.removeNode(kubelet.node)
      if (fault.how % 2 === 0) world.tellTargets()
      return scheduler.at(scheduler.now() + (fault.how % 20) * 1_000, () => {
        world.addNode(kubelet.node)
        world.tellTargets()
      })
  }
}

/** Each shard in turn: a new one that speaks both versions, then SIGTERM for the old. */
function upgrade(world: World, old: SimShard[]) {
  const { scheduler } = world
  for (const [i, shard] of old.slice(0, 8).entries()) {
    scheduler.at(scheduler.now() + i * 12_000, () => world.startShard(undefined, [1, 2]))
    scheduler.at(scheduler.now() + i * 12_000 + 8_000, () => {
      if (shard.process.state() !== 'dead' && !shard.leaving) world.terminate(shard)
    })
  }
}

function aim({ kind }: Fault, shard: SimShard | undefined, kubelet: Kubelet | undefined): string {
  if (/node|kubelet /.test(kind) && !/shard/.test(kind)) return ` (${kubelet?.node})`
  return /shard/.test(kind) ? ` (${shard?.name})` : ''
}

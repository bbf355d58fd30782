import type { Assignment } from '@metrics-ring/common/ring'
import { assign, assignments, createRing } from '@metrics-ring/common/ring'
import { type Core, startCore } from '../../src/core.ts'
import type { ShardEvents } from '../../src/events.ts'
import type { Target } from '../../src/kubelet/targets.ts'
import { createLeaseApi } from '../../src/ring/leases.ts'
import { times as timesOf } from '../../src/ring/times.ts'
import { type ApiWitness, createApi } from './api.ts'
import { createKubelets, type Kubelet, type KubeletWitness } from './kubelets.ts'
import { createProcess, type Process, type Weather } from './process.ts'
import { createRandom, type Random } from './random.ts'
import { createRedis, epochMs, type RedisWitness } from './redis.ts'
import { createScheduler, grain, type Scheduler } from './scheduler.ts'

export const times = timesOf(15_000)

/** A second version of the assignment, as a later release would have it: other owners for the same ring. */
const secondVersion: Assignment = {
  createRing: (members) => createRing(members),
  assign: (ring, nodes) => {
    const names = [...nodes]
    const salted = assign(
      ring,
      names.map((node) => `${node}!`),
    )
    return new Map(names.map((node) => [node, salted.get(`${node}!`) as string]))
  },
}
export const bothVersions: ReadonlyMap<number, Assignment> = new Map([...assignments, [2, secondVersion]])

export type SimShard = {
  name: string
  process: Process
  core: Core
  links: { api: Weather['fault']; store: Weather['fault']; kubelets: Weather['fault'] }
  versions: readonly number[]
  leaving: boolean
}

export type Witness = ApiWitness &
  RedisWitness &
  KubeletWitness & { events(shard: string): ShardEvents; started(shard: SimShard): void }

export type WorldOptions = {
  seed: number
  /** Constant clock offsets up to an hour, of every shard, kubelet and server. */
  offsets?: boolean
  /** Rates of the shards' clocks differ by up to this share. */
  drift?: number
  /** No kubelet is slow by nature. */
  quick?: boolean
  witness: Witness
}

export type World = ReturnType<typeof createWorld>

/** A cluster in virtual time: shards of the shipping code over a simulated API server, store and kubelets. */
export function createWorld({ seed, offsets = false, drift = 0, quick = false, witness }: WorldOptions) {
  const scheduler: Scheduler = createScheduler()
  const [random, clocks, net] = [1, 2, 3].map((stream) => createRandom(seed, stream)) as [
    Random,
    Random,
    Random,
  ]
  const api = createApi(scheduler, witness)
  const redis = createRedis(scheduler, times.intervalMs, witness)
  const kubelets = createKubelets(scheduler, createRandom(seed, 4), witness)
  const shards = new Map<string, SimShard>()
  const targets = new Map<string, Target>()
  const faults = { api: undefined as Weather['fault'], store: undefined as Weather['fault'] }
  let started = 0
  let uids = 0
  const anHour = () => (offsets ? Math.round((clocks.next() - 0.5) * 7_200_000) : clocks.next() * 0)
  const latency = () => grain(net.chance(0.02) ? 20 + 100 * net.next() : 0.5 + 3 * net.next())

  function startShard(name = `shard-${started}`, versions: readonly number[] = [1]): SimShard {
    const holder = `${name}_${++started}`
    const process = createProcess(scheduler, {
      offsetMs: anHour(),
      rate: 1 + drift * (clocks.next() - 0.5) * 2,
    })
    const wallOffsetMs = anHour()
    const links: SimShard['links'] = { api: undefined, store: undefined, kubelets: undefined }
    const store = redis.client(process, () => ({ latencyMs: latency(), fault: faults.store ?? links.store }))
    const leases = createLeaseApi({
      client: api.client(holder, process, () => ({
        latencyMs: latency() + 2,
        fault: faults.api ?? links.api,
      })),
      clock: process,
      wallMs: () => epochMs + scheduler.now() + wallOffsetMs,
      namespace: 'kube-system',
      ringName: 'ring',
      shard: name,
      holder,
      leaseMs: times.leaseMs,
      requestMs: times.requestMs,
      protocols: versions,
    })
    const ticks = createRandom(seed, 100 + started)
    const core = startCore({
      self: name,
      clock: process,
      times,
      store,
      leases,
      fetchSample: ({ node }) =>
        kubelets.scrape(node, name, process, { latencyMs: latency(), fault: links.kubelets }),
      events: witness.events(name),
      random: ticks.next,
      assignments: new Map([...bothVersions].filter(([version]) => versions.includes(version))),
    })
    const shard = { name, process, core, links, versions, leaving: false }
    shards.set(name, shard)
    witness.started(shard)
    core.shard.setTargets(new Map(targets))
    return shard
  }
  function tellTargets() {
    for (const { process, core } of shards.values())
      process.deliver(latency() * 10, () => core.shard.setTargets(new Map(targets)))
  }
  function addNode(node: string) {
    const kubelet: Kubelet = {
      node,
      model: random.chance(0.7) ? 'cadvisor' : 'cri',
      clockMs: offsets ? anHour() : 0,
      tookMs: grain(random.chance(0.04) && !quick ? random.int(1_000, 9_000) : random.int(10, 300)),
    }
    kubelets.add(kubelet)
    const createdMs = epochMs + scheduler.now()
    targets.set(node, {
      node,
      uid: `uid-${++uids}`,
      createdMs,
      kubelet: { ok: false, reason: 'other', detail: '' },
    })
  }
  function removeNode(node: string) {
    kubelets.remove(node)
    targets.delete(node)
  }
  /** The process ends by itself: `core.drain` has resolved, or it was killed. */
  function forget(shard: SimShard) {
    shard.process.kill()
    if (shards.get(shard.name) === shard) shards.delete(shard.name)
  }
  function terminate(shard: SimShard) {
    shard.leaving = true
    void shard.core.drain().then(() => forget(shard))
    // terminationGracePeriodSeconds
    scheduler.at(scheduler.now() + 60_000, () => forget(shard))
  }
  return {
    scheduler,
    random,
    api,
    redis,
    kubelets,
    faults,
    shards: shards as ReadonlyMap<string, SimShard>,
    targets: targets as ReadonlyMap<string, Target>,
    startShard,
    terminate,
    kill: forget,
    addNode,
    removeNode,
    tellTargets,
  }
}

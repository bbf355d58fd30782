import { setTimeout as sleep } from 'node:timers/promises'
import { silentLog } from '@metrics-ring/common/log'
import type { Cursor, SampleStore } from '@metrics-ring/common/store/store'
import { createRedisStore } from '@metrics-ring/common/store/store-redis'
import { pack } from '@metrics-ring/common/testing/record-objects'
import { pageSize, periodMs } from '@metrics-ring/frontend/view/follow'
import { createModel, type NodeState } from '@metrics-ring/sim/model/model'
import { answerRequests } from '../peer.ts'
import { bodyOf, createRecordWriter, type RecordWriter } from '../record-writer.ts'

/** Plays a shard or a frontend at the store's port, in a process of its own. */
export type StorePeerRequest =
  | ({ do: 'start' } & StorePeerOptions)
  /** Commits a record of every node, as if each had been scraped within the last interval. */
  | { do: 'fill' }
  /** Commits every node once an interval; resolves to what each commit since the last call took, milliseconds. */
  | { do: 'pace'; on: boolean }
  /** Commits in another ring as fast as answers come; resolves to the number of commits. */
  | { do: 'flood'; ms: number }
  /** Asks for changes as a frontend does; resolves to what each call since the last one took, milliseconds. */
  | { do: 'follow'; on: boolean }
  /** Reads the whole store from the beginning. */
  | { do: 'load' }

export type StorePeerOptions = {
  redisUrl: string
  intervalMs: number
  /** Tells its nodes from those of its peers. */
  name: string
  nodes: number
  podsPerNode: number
}

const inFlight = 32
/** Of the flood, so short that every round over the nodes is another interval. */
const floodIntervalMs = 1_000

let options: StorePeerOptions
let store: SampleStore
let nodes: NodeState[]
let writer: RecordWriter | undefined
let following: { stop(): Promise<void> } | undefined
let tookMs: number[] = []

answerRequests<StorePeerRequest>(handle, async () => {
  writer?.stop()
  await following?.stop()
  await store?.close()
})

async function handle(request: StorePeerRequest): Promise<unknown> {
  switch (request.do) {
    case 'start':
      return start(request)
    case 'fill':
      return writer?.fill()
    case 'pace':
      if (request.on) writer?.start()
      else writer?.stop()
      return taken()
    case 'flood':
      return flood(request.ms)
    case 'follow':
      await following?.stop()
      following = request.on ? follow() : undefined
      return taken()
    case 'load':
      return load()
  }
}

function taken(): number[] {
  const all = tookMs
  tookMs = []
  return all
}

async function timed<T>(call: () => Promise<T>): Promise<T> {
  const startedMs = performance.now()
  const answer = await call()
  tookMs.push(performance.now() - startedMs)
  return answer
}

function open(ringName: string, intervalMs: number): SampleStore {
  return createRedisStore({
    url: options.redisUrl,
    ringName,
    intervalMs,
    onBadRecord(node, reason) {
      throw new Error(`${node}: ${reason}`)
    },
    log: silentLog,
  })
}

async function start(given: StorePeerOptions): Promise<void> {
  options = given
  store = open('metrics-ring', options.intervalMs)
  while (!(await store.time().catch(() => undefined))) await sleep(20)
  const { nodes: count, podsPerNode, name } = options
  const model = createModel({ nodes: count, podsPerNode, containersPerPod: [2, 2], seed: 1 })
  nodes = model.nodes().map((node) => ({ ...node, name: `${name}-${node.name}`, uid: `${name}-${node.uid}` }))
  const commit: SampleStore['commit'] = (...args) => timed(() => store.commit(...args))
  writer = createRecordWriter({ commit }, { nodes: () => nodes }, options.intervalMs)
}

async function flood(ms: number): Promise<number> {
  const flooded = open('flood', floodIntervalMs)
  while (!(await flooded.time().catch(() => undefined))) await sleep(20)
  const versions = new Map<string, number>()
  /** Sooner, a commit would be refused as a duplicate. */
  const dueMs = new Map<string, number>()
  const bodies = nodes.map((node) => pack(bodyOf(node, Date.now(), options.intervalMs)))
  const endMs = performance.now() + ms
  let [next, commits] = [0, 0]
  const work = async () => {
    while (performance.now() < endMs) {
      const at = next++ % nodes.length
      const { name, uid, createdMs } = nodes[at] as NodeState
      await sleep(Math.max(0, (dueMs.get(name) ?? 0) - Date.now()))
      dueMs.set(name, Date.now() + floodIntervalMs / 2)
      const scrape = { node: name, uid, createdMs, atMs: Date.now(), by: options.name, tookMs: 20 }
      const answer = await flooded.commit(scrape, bodies[at], versions.get(name) ?? 0)
      if (answer.result !== 'accepted') throw new Error(`a commit was answered with ${answer.result}`)
      versions.set(name, answer.version)
      commits++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, work))
  await flooded.close()
  return commits
}

function follow() {
  const abort = new AbortController()
  let cursor: Cursor | undefined
  const loop = async () => {
    while (!abort.signal.aborted) {
      for (let more = true; more && !abort.signal.aborted; ) {
        // As a frontend: what fails is asked for again next time.
        const read = await timed(() => store.changes(cursor, pageSize)).catch(() => undefined)
        cursor = read?.cursor ?? cursor
        more = read?.more === true
      }
      await sleep(periodMs, undefined, { signal: abort.signal }).catch(() => {})
    }
  }
  const looping = loop()
  return {
    async stop() {
      abort.abort()
      await looping
    },
  }
}

async function load(): Promise<{ records: number; ms: number }> {
  const startedMs = performance.now()
  let cursor: Cursor | undefined
  let records = 0
  for (let more = true; more; ) {
    const read = await store.changes(cursor, pageSize)
    records += [...read.changes].length
    cursor = read.cursor
    more = read.more
  }
  return { records, ms: performance.now() - startedMs }
}

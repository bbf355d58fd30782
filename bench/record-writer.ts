import type { SampleStore } from '@metrics-ring/common/store/store'
import { pack, type Usage } from '@metrics-ring/common/testing/record-objects'
import type { Model, NodeState } from '@metrics-ring/sim/model/model'

export type RecordWriter = {
  /** A record of every node, as if each had been scraped within the last interval. */
  fill(): Promise<void>
  start(): void
  stop(): void
}

/** Commits in flight while filling. */
const atOnce = 32
const tickMs = 20

/** Plays all shards: commits what they would, through the store's own port. */
export function createRecordWriter(
  store: Pick<SampleStore, 'commit'>,
  model: Pick<Model, 'nodes'>,
  intervalMs: number,
): RecordWriter {
  const nodes = model.nodes()
  const versions = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined

  async function commit(node: NodeState, atMs: number): Promise<void> {
    const { name, uid, createdMs } = node
    const scrape = { node: name, uid, createdMs, atMs, by: 'bench', tookMs: 20 }
    const answer = await store.commit(scrape, pack(bodyOf(node, atMs, intervalMs)), versions.get(name) ?? 0)
    if (answer.result === 'accepted') versions.set(name, answer.version)
    if (answer.result !== 'conflict') return
    versions.set(name, answer.stored?.version ?? 0)
    await commit(node, atMs)
  }
  /** When the node of this place was, or is, due in the interval that begins then. */
  const dueMs = (place: number, beginMs: number) => Math.round(beginMs + (place / nodes.length) * intervalMs)

  return {
    async fill() {
      const beginMs = Date.now() - intervalMs
      let next = 0
      const work = async () => {
        for (let place = next++; place < nodes.length; place = next++) {
          await commit(nodes[place] as NodeState, dueMs(place, beginMs))
        }
      }
      await Promise.all(Array.from({ length: atOnce }, work))
    },
    start() {
      let [beginMs, place] = [Date.now(), 0]
      timer ??= setInterval(() => {
        for (; dueMs(place, beginMs) <= Date.now(); place++) {
          commit(nodes[place] as NodeState, dueMs(place, beginMs)).catch((error: unknown) => {
            process.stderr.write(`a commit failed: ${String(error)}\n`)
          })
          if (place + 1 < nodes.length) continue
          place = -1
          beginMs += intervalMs
        }
      }, tickMs)
    },
    stop() {
      clearInterval(timer)
      timer = undefined
    },
  }
}

/** Every subject has moved since the last one. */
export function bodyOf({ pods, bootMs }: NodeState, atMs: number, intervalMs: number) {
  const subject = (startMs: number) => {
    const usage = usageAt(atMs, intervalMs)
    return { usage, base: { timestampMs: usage.timestampMs, cpuNs: BigInt(atMs) * 1_000n, startMs, atMs } }
  }
  return {
    node: subject(bootMs),
    pods: [...pods.values()].map(({ namespace, name, containers, createdMs }) => ({
      namespace,
      name,
      containers: containers.map(({ template, run }) => ({
        name: template.name,
        ...subject(run?.startMs ?? createdMs),
      })),
    })),
  }
}

function usageAt(atMs: number, intervalMs: number): Usage {
  return {
    timestampMs: atMs - Math.floor(Math.random() * intervalMs),
    windowMs: Math.floor(intervalMs * (0.8 + 0.4 * Math.random())),
    cpuNanocores: Math.floor(Math.random() * 400_000_000),
    memoryBytes: 4_096 * Math.floor(Math.random() * 100_000),
    atMs,
  }
}

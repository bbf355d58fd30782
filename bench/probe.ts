import { Session } from 'node:inspector/promises'
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'

/** Loaded into a service before it starts: measures it from within when asked over IPC, and costs nothing else. */
export type ProbeRequest =
  | { measure: 'now' }
  | { measure: 'profile'; do: 'start' | 'stop' }
  | { measure: 'loop'; do: 'start' | 'stop' }

export type Reading = {
  /** Of the whole process, all threads, milliseconds since it started. */
  cpuMs: number
  /** On the JavaScript heap since the start, bytes. */
  allocatedBytes: number
  rssBytes: number
  /** Of the JavaScript heap: what is in use, and what is held for it. */
  heapUsedBytes: number
  heapTotalBytes: number
  externalBytes: number
}

/** How long the event loop was held at most while it was watched, milliseconds. */
export type LoopDelay = {
  /** Between two turns, for whatever reason; the machine's other work is one. */
  longestMs: number
  /** Of the main thread's own CPU time between two turns: its share of the above. */
  longestCpuMs: number
  /** In one garbage collection. */
  longestGcMs: number
}

/** What of V8's CPU profile is of use here. */
export type Profile = {
  nodes: { id: number; callFrame: { functionName: string; url: string }; children?: number[] }[]
  samples: number[]
  /** Between two samples, microseconds. */
  timeDeltas: number[]
}

let session: Session | undefined
let watch: (() => LoopDelay) | undefined

function readingNow(): Reading {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const { total_allocated_bytes: allocatedBytes = Number.NaN } = getHeapStatistics() as {
    total_allocated_bytes?: number
  }
  return {
    cpuMs: (user + system) / 1000,
    allocatedBytes,
    rssBytes: rss,
    heapUsedBytes: heapUsed,
    heapTotalBytes: heapTotal,
    externalBytes: external,
  }
}

const resolutionMs = 2

function watchLoop(): () => LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  let longestGcMs = 0
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestGcMs = Math.max(longestGcMs, duration)
  })
  observer.observe({ entryTypes: ['gc'] })
  let longestCpuUs = 0
  let cpuUs = threadCpuUs()
  const timer = setInterval(() => {
    const nowUs = threadCpuUs()
    longestCpuUs = Math.max(longestCpuUs, nowUs - cpuUs)
    cpuUs = nowUs
  }, resolutionMs)
  return () => {
    clearInterval(timer)
    observer.disconnect()
    histogram.disable()
    // The histogram counts the pause between two looks, too.
    const longestMs = Math.max(0, histogram.max / 1e6 - resolutionMs)
    return { longestMs, longestCpuMs: longestCpuUs / 1000, longestGcMs }
  }
}

function threadCpuUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

async function handle(request: ProbeRequest): Promise<Reading | Profile | LoopDelay | null> {
  if (request.measure === 'now') return readingNow()
  if (request.measure === 'loop') {
    const seen = watch?.() ?? null
    watch = request.do === 'start' ? watchLoop() : undefined
    return seen
  }
  if (request.do === 'start') {
    session = new Session()
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: 500 })
    await session.post('Profiler.start')
    return null
  }
  const stopped = await session?.post('Profiler.stop')
  session?.disconnect()
  const { nodes, samples, timeDeltas } = (stopped as { profile: Profile }).profile
  return { nodes, samples, timeDeltas }
}

process.on('message', ({ id, request }: { id: number; request: ProbeRequest }) => {
  handle(request).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  )
})
// The channel must not keep a service alive that has ended, nor the service outlive whoever measures it.
process.channel?.unref()
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))

import type { Clock } from '@metrics-ring/common/clock'
import type { Events } from './events.ts'
import type { Check } from './health.ts'
import { obstacles, type ReadyState } from './readiness.ts'

export type StateDeps = {
  clock: Clock
  events: Pick<Events, 'ready'>
  intervalMs: number
  read: () => Omit<ReadyState, 'upMs' | 'intervalMs'> & { nodes: number; storeTrouble: string | undefined }
}

const checkNames = [
  'metric-storage-ready',
  'metric-informer-sync',
  'metadata-informer-sync',
  'authentication',
]

export type State = ReturnType<typeof createState>

/** Whether this frontend may be asked: not yet, yes (for good), or no more. */
export function createState({ clock, events, intervalMs, read }: StateDeps) {
  const startedMs = clock.mono()
  let ready = false
  let draining = false

  function found(): Map<string, string> {
    const state = read()
    const why = obstacles({ ...state, upMs: clock.mono() - startedMs, intervalMs })
    if (why.size === 0) {
      ready = true
      events.ready(state.coverage)
    }
    return why
  }
  return {
    drain() {
      draining = true
    },
    readyChecks(): Check[] {
      const why = ready ? new Map<string, string>() : found()
      const { coverage, nodes, storeTrouble } = read()
      const note = `samples of ${Math.round(coverage * nodes)} of ${nodes} nodes`
      return [
        { name: 'ping' },
        ...checkNames.map((name) => ({ name, trouble: why.get(name) })),
        {
          name: 'coverage',
          note: storeTrouble === undefined ? note : `${note}; the store is away: ${storeTrouble}`,
        },
        { name: 'shutdown', trouble: draining ? 'the process is shutting down' : undefined },
      ]
    },
    /** Nothing outside the process counts: a restart would mend none of it. */
    liveChecks: (): Check[] => [{ name: 'ping' }],
  }
}

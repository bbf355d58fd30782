import { CodedError } from '../errors.ts'
import type { SampleStore } from '../store/store.ts'
import { counter, gauge, histogram, type Meter, type MetricSpecs } from './metric.ts'

export const storeMetrics = {
  duration: {
    name: 'metrics_ring.store.call.duration',
    kind: 'histogram',
    unit: 's',
    help: 'Calls of the store, by operation, from the call to the answer or the failure.',
    labels: { operation: 'commit, hydrate, changes, freshness, overdue, tried, delete, time' },
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5],
  },
  errors: {
    name: 'metrics_ring.store.errors',
    kind: 'counter',
    help: 'Calls of the store that failed.',
    labels: {
      operation: 'as above',
      reason:
        'store_unavailable, store_auth, store_forbidden, store_read_only, store_full, store_refuses_writes, store_moved, store_error, other',
    },
  },
  up: {
    name: 'metrics_ring.store.up',
    kind: 'gauge',
    help: '1: the last call of the store was answered; 0: it was not. Absent before the first.',
  },
  badRecords: {
    name: 'metrics_ring.store.bad_records',
    kind: 'counter',
    help: 'Records in the store that could not be read and were left out.',
  },
  outages: {
    name: 'metrics_ring.store.outages',
    kind: 'counter',
    help: 'How often the store went away: a call that failed after one that did not.',
  },
} as const satisfies MetricSpecs

/** The same store, with every call counted and timed. */
export function measuredStore<S extends SampleStore>(store: S, meter: Meter, mono: () => number): S {
  const duration = histogram(meter, storeMetrics.duration)
  const errors = counter(meter, storeMetrics.errors)
  const outages = counter(meter, storeMetrics.outages)
  let up: boolean | undefined
  gauge(meter, storeMetrics.up, (observe) => {
    if (up !== undefined) observe(up ? 1 : 0)
  })

  function measured<A extends unknown[], R>(operation: string, call: (...args: A) => Promise<R>) {
    const labels = { operation }
    return async (...args: A): Promise<R> => {
      const startedMs = mono()
      try {
        const answer = await call(...args)
        up = true
        return answer
      } catch (error) {
        errors(1, { operation, reason: error instanceof CodedError ? error.code : 'other' })
        if (up !== false) outages(1)
        up = false
        throw error
      } finally {
        duration((mono() - startedMs) / 1000, labels)
      }
    }
  }
  return {
    ...store,
    commit: measured('commit', store.commit),
    hydrate: measured('hydrate', store.hydrate),
    changes: measured('changes', store.changes),
    freshness: measured('freshness', store.freshness),
    overdue: measured('overdue', store.overdue),
    tried: measured('tried', store.tried),
    delete: measured('delete', store.delete),
    time: measured('time', store.time),
  }
}

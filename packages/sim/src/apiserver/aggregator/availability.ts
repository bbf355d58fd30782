/**
 * Decides the condition Available of each APIService (kube-aggregator remote_available_controller.go):
 * a ready endpoint, and one of five parallel probes answered 2xx. Checked on every event of an APIService, Service
 * or EndpointSlice, at an interval, and with backoff while it fails.
 */
import { isDeepStrictEqual } from 'node:util'
import { at, type KubeObject, records, text } from '../objects.ts'
import type { Storage } from '../storage.ts'
import { apiServiceType, resolve, serviceType, sliceType, type Target, targetOf } from './endpoints.ts'
import { fetchText } from './fetch.ts'
import { aggregatorUser } from './identity.ts'
import type { Pool } from './pool.ts'

type Verdict = { available: boolean; reason: string; message: string }
type Check = { running: boolean; again: boolean; failures: number; timer?: NodeJS.Timeout }
export type AvailabilityOptions = { probeIntervalMs: number; onChange: (apiService: string) => void }

const probes = 5
const probeTimeoutMs = 5000
const passed: Verdict = { available: true, reason: 'Passed', message: 'all checks passed' }
const local: Verdict = { available: true, reason: 'Local', message: 'Local APIServices are always available' }

export type Availability = ReturnType<typeof startAvailability>

export function startAvailability(
  storage: Storage,
  pool: Pool,
  { probeIntervalMs, onChange }: AvailabilityOptions,
) {
  const checks = new Map<string, Check>()
  const available = new Map<string, boolean>()
  let stopped = false

  async function check(name: string): Promise<void> {
    const state = checks.get(name) ?? { running: false, again: false, failures: 0 }
    checks.set(name, state)
    state.again = true
    if (state.running) return
    state.running = true
    while (state.again && !stopped) {
      state.again = false
      clearTimeout(state.timer)
      const verdict = await judge(storage, pool, name)
      if (stopped || !verdict) break
      state.failures = verdict.available ? 0 : state.failures + 1
      record(name, verdict)
      const backoffMs = Math.min(5 * 2 ** state.failures, probeIntervalMs)
      state.timer = setTimeout(() => void check(name), verdict.available ? probeIntervalMs : backoffMs)
    }
    state.running = false
    if (!storage.get(apiServiceType, name)) checks.delete(name)
  }

  function record(name: string, verdict: Verdict): void {
    const entry = storage.get(apiServiceType, name)
    if (!entry) return
    const changed = available.get(name) !== verdict.available
    available.set(name, verdict.available)
    const next = withCondition(entry.object, verdict)
    if (next) storage.put(apiServiceType, next)
    if (changed) onChange(name)
  }

  const remote = () => storage.list(apiServiceType).filter(({ object }) => targetOf(object))
  const checkAll = () => {
    for (const { key } of remote()) void check(key)
  }
  const unsubscribe = [
    storage.subscribe(apiServiceType, ({ type, entry, previous }) => {
      if (type === 'DELETED') available.delete(entry.key)
      const sameSpec = previous && isDeepStrictEqual(previous.object.spec, entry.object.spec)
      if (type === 'DELETED' || !sameSpec) void check(entry.key)
    }),
    storage.subscribe(serviceType, checkAll),
    storage.subscribe(sliceType, checkAll),
  ]
  return {
    isAvailable: (name: string): boolean => available.get(name) === true,
    stop(): void {
      stopped = true
      for (const each of unsubscribe) each()
      for (const { timer } of checks.values()) clearTimeout(timer)
    },
  }
}

async function judge(storage: Storage, pool: Pool, name: string): Promise<Verdict | undefined> {
  const apiService = storage.get(apiServiceType, name)?.object
  if (!apiService) return undefined
  const target = targetOf(apiService)
  if (!target) return local
  const found = resolve(storage, target)
  if (!('endpoints' in found)) return { available: false, ...found }
  const path = `/apis/${text(at(apiService, 'spec', 'group'))}/${text(at(apiService, 'spec', 'version'))}`
  return probe(pool, target, path)
}

async function probe(pool: Pool, target: Target, path: string): Promise<Verdict> {
  const one = async () => {
    const { host, port } = pool.pick(target)
    const url = `https://${host}:${port}${path}`
    try {
      const { status } = await fetchText(
        pool,
        target,
        path,
        aggregatorUser,
        { 'accept-encoding': 'gzip' },
        probeTimeoutMs,
      )
      if (status < 200 || status > 299) throw new Error(`bad status from ${url}: ${status}`)
    } catch (error) {
      throw new Error(`failing or missing response from ${url}: ${(error as Error).message}`)
    }
  }
  try {
    await Promise.any(Array.from({ length: probes }, one))
    return passed
  } catch (error) {
    const [first] = (error as AggregateError).errors as Error[]
    return { available: false, reason: 'FailedDiscoveryCheck', message: first?.message ?? '' }
  }
}

/** The object with the condition, or undefined if it has it already. */
function withCondition(
  apiService: KubeObject,
  { available, reason, message }: Verdict,
): KubeObject | undefined {
  const conditions = records(at(apiService, 'status', 'conditions'))
  const old = conditions.find((each) => each.type === 'Available')
  const status = available ? 'True' : 'False'
  if (old?.status === status && old.reason === reason && old.message === message) return undefined
  const lastTransitionTime =
    old?.status === status ? old.lastTransitionTime : `${new Date().toISOString().slice(0, 19)}Z`
  const condition = { lastTransitionTime, message, reason, status, type: 'Available' }
  const others = conditions.filter((each) => each.type !== 'Available')
  return { ...apiService, status: { conditions: [...others, condition] } }
}

import type { NodeRecord } from '@metrics-ring/common/record/record'
import { type ContainerObjects, type Usage, unpack } from '@metrics-ring/common/testing/record-objects'
import type { Subject } from '@metrics-ring/sim/model/model'
import { expect } from 'chai'
import type { VirtualCluster } from './virtual-cluster.ts'

/** How far a served CPU value may be from the integral of the model's load over its window. */
const tolerance = 0.02
/** What a millisecond more or less of window makes of an almost idle container, nanocores. */
const grain = 1_000

/**
 * Looks at everything that is stored and served. `values` counts the usages that were held against the model;
 * the other numbers are the worst seen, milliseconds.
 */
export function createWitness(cluster: VirtualCluster) {
  const seen = new Map<string, number>()
  const absentSince = new Map<string, number>()
  const witness = {
    values: 0,
    /** Longest that a pod which had been served was not. */
    longestAbsenceMs: 0,
    /** Longest that a subject had no new usage. */
    longestHoldMs: 0,
    look,
  }

  async function look() {
    const nowMs = cluster.now()
    const records = await cluster.store.hydrate(cluster.model.nodes().map(({ name }) => name))
    for (const record of records.values()) checkRecord(record)
    const served = new Set(cluster.pods().map(({ namespace, name }) => `${namespace}/${name}`))
    for (const { namespace, name } of cluster.model.pods()) {
      const key = `${namespace}/${name}`
      if (served.has(key)) absentSince.delete(key)
      else absentSince.set(key, absentSince.get(key) ?? nowMs)
      const absentMs = nowMs - (absentSince.get(key) ?? nowMs)
      witness.longestAbsenceMs = Math.max(witness.longestAbsenceMs, absentMs)
    }
  }

  function checkRecord(record: NodeRecord) {
    const { node, pods } = unpack(record.body)
    checkUsage(record.node, { node: record.node }, record.node, node.usage)
    for (const pod of pods) for (const each of pod.containers) checkContainer(record, pod, each)
  }
  function checkContainer(
    record: NodeRecord,
    pod: { namespace: string; name: string },
    each: ContainerObjects,
  ) {
    const subject = { namespace: pod.namespace, pod: pod.name, container: each.name }
    checkUsage(record.node, subject, `${pod.namespace}/${pod.name}/${each.name}`, each.usage)
  }
  function checkUsage(node: string, subject: Subject, key: string, usage: Usage | undefined) {
    if (!usage) return
    const before = seen.get(key)
    if (before === usage.atMs) {
      witness.longestHoldMs = Math.max(witness.longestHoldMs, cluster.now() - usage.atMs)
      return
    }
    seen.set(key, usage.atMs)
    witness.values++
    compare(cluster, subject, usage, cluster.kubelets.skewAt(node, usage.atMs), key)
  }
  return witness
}

function compare({ model }: VirtualCluster, subject: Subject, usage: Usage, skewMs: number, key: string) {
  const toMs = usage.timestampMs - skewMs
  const truth = (model.cpuNanocoreSeconds(subject, toMs - usage.windowMs, toMs) * 1000) / usage.windowMs
  const hint = `${key}: ${usage.cpuNanocores} nanocores over ${usage.windowMs} ms, in truth ${truth}`
  expect(Math.abs(usage.cpuNanocores - truth), hint).to.be.at.most(tolerance * truth + grain)
  const bytes = model.memoryBytes(subject, toMs)
  expect(Math.abs(usage.memoryBytes - bytes), `${key}: memory`).to.be.at.most(tolerance * bytes)
  if (usage.swapBytes === undefined) return
  const swap = model.swapBytes(subject, toMs)
  expect(Math.abs(usage.swapBytes - swap), `${key}: swap`).to.be.at.most(tolerance * swap)
}

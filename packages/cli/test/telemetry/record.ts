/**
 * Records what Prometheus would have read while a fault is inflicted upon real processes, for the tests of the alert
 * rules: `node packages/cli/test/telemetry/record.ts [fault …]`. Every interval each process is asked for /metrics.
 */
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readExposition, seriesOf } from '@metrics-ring/common/testing/exposition'
import { ruleGroups } from '../../../../scripts/telemetry/rules.ts'
import { complete, type Installation, install, intervalMs, settled } from '../whole/installation.ts'
import { createRecording } from './recording.ts'
import { type ReplayFault, replayFaults } from './replay-faults.ts'

/** Intervals recorded before the fault. */
const before = 8
const listEveryMs = 250

const chosen = process.argv.slice(2)
for (const fault of replayFaults) {
  if (chosen.length > 0 && !chosen.includes(fault.name)) continue
  console.log(`${fault.name}: ${fault.title}`)
  await record(fault)
}

async function record(fault: ReplayFault): Promise<void> {
  const installation = await install({
    nodes: 16,
    podsPerNode: 4,
    seed: 1,
    shards: 3,
    frontends: 2,
    // In proportion to the interval, as the default is at 15 s; reviews are soon forgotten, so that some are needed.
    frontendArgs: [`--max-sample-age=${4 * intervalMs}ms`, '--authorization-webhook-cache-authorized-ttl=1s'],
  })
  const stopLists = keepListing(installation)
  try {
    await complete(installation)
    await settled(installation)
    const recording = createRecording(JSON.stringify(ruleGroups(intervalMs)))
    const admin = await administrator(installation)
    let step = 0
    const startedMs = Date.now()
    const pass = async (intervals: number) => {
      for (const until = step + intervals; step < until; step++) {
        await sleep(Math.max(0, startedMs + step * intervalMs - Date.now()))
        recording.add(step, await snapshot(installation, admin))
      }
    }
    await pass(before)
    await fault.inflict(installation, pass)
    const file = fileURLToPath(new URL(`replay/${fault.name}.recorded.json`, import.meta.url))
    const { series } = recording.end()
    const text = JSON.stringify({ intervalMs, faultFrom: before, steps: step, series }, undefined, 1)
    writeFileSync(file, `${text}\n`)
    console.log(`  ${step} intervals, ${Object.keys(series).length} series, ${text.length} bytes`)
  } finally {
    stopLists()
    await installation.stop()
  }
}

/** Of every process that answers, by its name. */
async function snapshot({ deployment }: Installation, admin: Asking) {
  const shards = deployment.shards().map(({ name, port }) => ({ name, page: plain(port) }))
  const frontends = deployment.frontends().map(({ name, port }) => ({ name, page: admin(port, '/metrics') }))
  const found = await Promise.all(
    [...shards, ...frontends].map(async ({ name, page }) => {
      const body = await page.catch(() => '')
      return [name, body === '' ? [] : seriesOf(readExposition(body))] as const
    }),
  )
  return new Map(found.filter(([, series]) => series.length > 0))
}

async function plain(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(2_000) })
  return response.text()
}

type Asking = (port: number, path: string) => Promise<string>

function asking(options: { cert?: string; key?: string; token?: string }): Asking {
  const { cert, key, token } = options
  const agent = new Agent({
    keepAlive: true,
    rejectUnauthorized: false,
    ...(cert && key ? { cert, key } : {}),
  })
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return (port, path) =>
    new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path, headers, agent, timeout: 2_500 })
      asked.once('error', reject)
      asked.once('timeout', () => asked.destroy(new Error('timeout')))
      asked.once('response', (response) => {
        text(response).then((body) => resolve(response.statusCode === 200 ? body : ''), reject)
      })
      asked.end()
    })
}

async function administrator({ cluster }: Installation): Promise<Asking> {
  const user = { commonName: 'kubernetes-admin', organizations: ['system:masters'] }
  const { certPem: cert, keyPem: key } = await cluster.clusterCa.issue({ ...user, usages: ['clientAuth'] })
  return asking({ cert, key })
}

/** Somebody who may list pods, and does: straight from each frontend, as often as a few autoscalers would. */
function keepListing({ cluster, deployment }: Installation): () => void {
  const ask = asking({ token: cluster.apiserver.tokens.issueForServiceAccount('default:viewer') })
  const timer = setInterval(() => {
    for (const { port } of deployment.frontends())
      void ask(port, '/apis/metrics.k8s.io/v1beta1/pods').catch(() => {})
  }, listEveryMs)
  return () => clearInterval(timer)
}

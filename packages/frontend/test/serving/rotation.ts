import { setTimeout as sleep } from 'node:timers/promises'
import type { ServingStep } from '../../src/serving/serving-secret-state.ts'
import { startServingFixture } from './serving-secret-fixture.ts'

export type RotationResult = { requests: number; failures: string[]; steps: ServingStep[] }

/** Replicas look every 10 s; the real overlap is 10 min. */
const overlapMs = 30_000

/**
 * Two replicas rotate their authority so often, one rotation after the other, while clients list through the
 * aggregation layer without a pause. Connections are short-lived, so that certificates are verified all the time.
 */
export async function rotateUnderLoad(rotations: number, clients: number): Promise<RotationResult> {
  const fixture = await startServingFixture()
  const result: RotationResult = { requests: 0, failures: [], steps: [] }
  try {
    const onStep = (step: ServingStep) => void result.steps.push(step)
    const replicas = await Promise.all([0, 1].map(() => fixture.startReplica(overlapMs, onStep)))
    await until(async () => (await list()) === 200)
    let stopped = false
    const load = Array.from({ length: clients }, async () => {
      const client = fixture.startClient()
      while (!stopped) {
        const status = await list()
        client.ended()
        result.requests++
        if (status !== 200) result.failures.push(`${status} after ${result.steps.length} steps`)
      }
      client.stop()
    })
    for (let done = 0; done < rotations; done++) {
      replicas[done % 2]?.rotate()
      await until(async () => result.steps.filter((step) => step === 'retire').length > done)
    }
    stopped = true
    await Promise.all(load)
    return result
  } finally {
    await fixture.close()
  }

  async function list(): Promise<number | string> {
    try {
      const { status, body } = await fixture.admin.request('GET', '/apis/metrics.k8s.io/v1/nodes')
      return status === 200 ? status : `${status} ${JSON.stringify(body)}`
    } catch (error) {
      return String(error)
    }
  }
}

async function until(holds: () => Promise<boolean>, withinMs = 20_000): Promise<void> {
  const endMs = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error('it does not come to pass')
    await sleep(20)
  }
}

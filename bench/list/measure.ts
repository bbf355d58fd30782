import type { LoopDelay, Profile } from '../probe.ts'
import { hottest } from '../profile.ts'
import { percentile, watchIdle } from '../rows.ts'
import type { Bench } from '../scenario.ts'
import type { Asked } from './client.ts'
import type { Shape } from './shapes.ts'
import type { Site } from './site.ts'

export type ShapeResult = {
  shape: Shape
  when: string
  asked: Asked
  /** Share of the machine's CPU time that nobody used. */
  idle: number
  /** Of the frontend, meanwhile. */
  loop: LoopDelay
}

/** Asks each kind of question in turn, and watches the frontend's event loop meanwhile. */
export async function measureShapes(
  bench: Bench,
  { client, frontend: frontendOf }: Site,
  shapes: readonly Shape[],
  { when, profile }: { when: string; profile: boolean },
): Promise<ShapeResult[]> {
  const results: ShapeResult[] = []
  const frontend = frontendOf()
  for (const shape of shapes) {
    const { question, times, pauseMs } = shape
    await frontend.ask({ measure: 'loop', do: 'start' })
    // Once for the connection, the review of access and the compiler; and the first list renders more than the others.
    await client.ask({ do: 'ask', question, times: Math.min(times, 20), pauseMs: 0 })
    const idle = watchIdle()
    if (profile) await frontend.ask({ measure: 'profile', do: 'start' })
    const asked = await client.ask<Asked>({ do: 'ask', question, times, pauseMs })
    const loop = await frontend.ask<LoopDelay>({ measure: 'loop', do: 'stop' })
    const seen = profile ? await frontend.ask<Profile>({ measure: 'profile', do: 'stop' }) : undefined
    if (asked.items !== undefined && asked.items !== shape.items) {
      throw new Error(`${shape.name}: ${asked.items} items instead of ${shape.items}`)
    }
    results.push({ shape, when, asked, idle: idle(), loop })
    const p50 = percentile(asked.tookMs, 0.5)?.toFixed(2)
    const held = `loop held ${loop.longestMs.toFixed(0)} ms, CPU ${loop.longestCpuMs.toFixed(0)}, GC ${loop.longestGcMs.toFixed(0)}`
    bench.progress(`${shape.name}, ${when}: ${times} times, p50 ${p50} ms; ${held}`)
    if (seen) bench.progress(`most CPU of their own:\n${hottest(seen, 15).join('\n')}`)
  }
  return results
}

import { isServed } from '../view/shelf.ts'
import { createPace, eachInTurns } from '../view/turns.ts'
import type { View } from '../view/view.ts'

/** How many of the Pods that are Running are served, counted in turns. `nowMs`: the shared clock. */
export async function countPods(
  view: Pick<View, 'selectPods'>,
  nowMs: number,
): Promise<{ podsServed: number; podsRunning: number }> {
  let [podsServed, podsRunning] = [0, 0]
  const pace = createPace()
  for (const namespace of view.selectPods(undefined, {})) {
    await eachInTurns(
      namespace,
      (entry) => {
        // Without a group it is named by a record only: no Pod object, or none that is Running.
        if (!entry.group) return
        podsRunning++
        if (isServed(entry, nowMs)) podsServed++
      },
      pace,
    )
  }
  return { podsServed, podsRunning }
}

import { isServed } from '../view/shelf.ts'
import type { View } from '../view/view.ts'

/** How many of the Pods that are Running are served; half a millisecond for 10,000. `nowMs`: the shared clock. */
export function countPods(
  view: Pick<View, 'selectPods'>,
  nowMs: number,
): { podsServed: number; podsRunning: number } {
  let [podsServed, podsRunning] = [0, 0]
  for (const namespace of view.selectPods(undefined, {})) {
    for (const entry of namespace) {
      // Without a group it is named by a record only: no Pod object, or none that is Running.
      if (!entry.group) continue
      podsRunning++
      if (isServed(entry, nowMs)) podsServed++
    }
  }
  return { podsServed, podsRunning }
}

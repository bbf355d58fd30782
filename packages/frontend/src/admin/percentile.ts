/** Durations on a logarithmic scale: bounded memory, percentiles within 8 %. */
export type Durations = ReturnType<typeof createDurations>

const leastMs = 0.05
const ratio = 1.08
const classes = 200

export function createDurations() {
  const counts = new Uint32Array(classes)
  let total = 0
  return {
    add(ms: number) {
      const at = Math.ceil(Math.log(Math.max(ms, leastMs) / leastMs) / Math.log(ratio))
      const index = Math.min(at, classes - 1)
      counts[index] = (counts[index] ?? 0) + 1
      total++
    },
    count: () => total,
    /** @param part in [0, 1]. Milliseconds; null: nothing was added. */
    percentile(part: number): number | null {
      let left = Math.ceil(part * total)
      if (left === 0) return null
      const index = counts.findIndex((count) => {
        left -= count
        return left <= 0
      })
      return Number((leastMs * ratio ** index).toPrecision(3))
    },
  }
}

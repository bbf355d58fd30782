/** How evenly kubelets are scraped. */
export type Pace = {
  /** Scrapes of a kubelet in one interval: the fewest and the most, of all kubelets and of the intervals counted. */
  least: number
  most: number
  /** How many intervals are counted: those since the first scrape, up to ten. */
  intervals: number
  /** The longest time that any kubelet went, or goes, without a scrape, milliseconds. */
  longestGapMs: number
}

const mostIntervals = 10

/**
 * Pure. `scrapes`: of each kubelet, when it was asked, ascending. Each kubelet has a rhythm of its own: its intervals
 * are centred on its last scrape, and on those that lie a whole number of intervals before.
 */
export function paceOf(scrapes: readonly (readonly number[])[], nowMs: number, intervalMs: number): Pace {
  const paces = scrapes.map((all) => paceOfOne(all, nowMs, intervalMs))
  const counts = paces.flatMap(({ counts }) => counts)
  return {
    least: counts.length === 0 ? 0 : Math.min(...counts),
    most: Math.max(0, ...counts),
    intervals: Math.max(0, ...paces.map(({ counts }) => counts.length)),
    longestGapMs: Math.max(0, ...paces.map(({ gapMs }) => gapMs)),
  }
}

function paceOfOne(all: readonly number[], nowMs: number, intervalMs: number) {
  const [firstMs, lastMs] = [all[0], all.at(-1)]
  if (firstMs === undefined || lastMs === undefined) return { counts: [], gapMs: 0 }
  const intervals = Math.min(mostIntervals, Math.floor((lastMs - firstMs) / intervalMs + 0.5) + 1)
  const endMs = lastMs + intervalMs / 2
  const fromMs = endMs - intervals * intervalMs
  const recent = all.filter((atMs) => atMs >= fromMs)
  const counts = Array.from<number>({ length: intervals }).fill(0)
  for (const atMs of recent) {
    const index = Math.min(intervals - 1, Math.floor((atMs - fromMs) / intervalMs))
    counts[index] = (counts[index] ?? 0) + 1
  }
  const gaps = [...recent, nowMs].slice(1).map((atMs, index) => atMs - (recent[index] ?? atMs))
  return { counts, gapMs: Math.max(0, ...gaps) }
}

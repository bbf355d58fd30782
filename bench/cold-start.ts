import { prepareSite, type Site, type SiteOptions } from './list/site.ts'
import { latencyRow, percentile, type Row, watchIdle } from './rows.ts'
import type { Bench } from './scenario.ts'

/** Of which, at 150,000 pods, seconds (design target); a smaller cluster has nothing to wait for. */
const afterMetadataSeconds = 3

/** Starts a frontend again and again; the last one stays. `targetSeconds` is from the start of the process. */
export async function coldStart(
  bench: Bench,
  options: SiteOptions,
  times: number,
  targetSeconds: number,
): Promise<{ site: Site; rows: Row[] }> {
  const site = await prepareSite(bench, options)
  const complete: number[] = []
  const afterMetadata: number[] = []
  const watched = watchIdle()
  for (let n = 0; n < times; n++) {
    const { metadataMs, completeMs } = await site.startFrontend()
    complete.push(completeMs / 1000)
    afterMetadata.push(Math.max(0, completeMs - metadataMs) / 1000)
    bench.progress(
      `start ${n + 1} of a frontend for ${site.pods} pods: metadata is in after ${metadataMs} ms, the first complete list after ${completeMs} ms`,
    )
  }
  const idle = watched()
  const median = (seconds: number[]) => percentile(seconds, 0.5)
  const at = `${site.pods} pods, median of ${times}`
  const rows = [
    latencyRow(`process start to first complete list, ${at}`, median(complete), 's', idle, {
      is: '<=',
      value: targetSeconds,
    }),
    latencyRow(`  of which after metadata is in, ${at}`, median(afterMetadata), 's', idle, {
      is: '<=',
      value: afterMetadataSeconds,
    }),
  ]
  return { site, rows }
}

import { prepareSite, type Site, type SiteOptions } from './list/site.ts'
import { atMost, latencyRow, median, type Row, watchIdle } from './rows.ts'
import type { Bench } from './scenario.ts'

/** Of which, at 150,000 pods, seconds (design target); a smaller cluster has nothing to wait for. */
const afterMetadataSeconds = 3

/** Of a frontend, one after the other, milliseconds from the start of its process. */
export type ColdStarts = {
  pods: number
  /** To the first complete list. */
  tookMs: number[]
  /** Of these, after all metadata was in. */
  afterMetadataMs: number[]
  /** Share of the machine's CPU time that nobody used. */
  idle: number
}

/** Starts a frontend again and again; the last one stays. */
export async function startAgain(
  bench: Bench,
  options: SiteOptions,
  times: number,
): Promise<{ site: Site; starts: ColdStarts }> {
  const site = await prepareSite(bench, options)
  const tookMs: number[] = []
  const afterMetadataMs: number[] = []
  const idle = watchIdle()
  for (let n = 0; n < times; n++) {
    const { metadataMs, completeMs } = await site.startFrontend()
    tookMs.push(completeMs)
    afterMetadataMs.push(Math.max(0, completeMs - metadataMs))
    bench.progress(
      `start ${n + 1} of a frontend for ${site.pods} pods: metadata is in after ${metadataMs} ms, the first complete list after ${completeMs} ms`,
    )
  }
  return { site, starts: { pods: site.pods, tookMs, afterMetadataMs, idle: idle() } }
}

/** The same as rows; `targetSeconds` is to the first complete list. */
export async function coldStart(
  bench: Bench,
  options: SiteOptions,
  times: number,
  targetSeconds: number,
): Promise<{ site: Site; rows: Row[] }> {
  const { site, starts } = await startAgain(bench, options, times)
  const at = `${starts.pods} pods, median of ${times}`
  const medianRow = (name: string, ms: readonly number[], target: number) =>
    latencyRow(`${name}, ${at}`, (median(ms) ?? Number.NaN) / 1000, 's', starts.idle, atMost(target))
  const rows = [
    medianRow('process start to first complete list', starts.tookMs, targetSeconds),
    medianRow('  of which after metadata is in', starts.afterMetadataMs, afterMetadataSeconds),
  ]
  return { site, rows }
}

import type { Clock } from '@metrics-ring/common/clock'
import { errorText } from '@metrics-ring/common/errors'
import type { NodeRecord, RecordBody, Scrape } from '@metrics-ring/common/record/record'
import { pointPlace } from '@metrics-ring/common/record/sample-pack'
import { advance } from '@metrics-ring/common/record/usage'
import type { CommitAnswer, SampleStore } from '@metrics-ring/common/store/store'
import { type Trace, within } from '@metrics-ring/common/telemetry/trace'
import { decode } from './decode/decode.ts'
import type { Layout } from './decode/decode-layout.ts'
import { decodeSummary } from './decode/decode-summary.ts'
import type { Target } from './kubelet/targets.ts'
import { scrapeSpans } from './report/scrape-spans.ts'

/** What a kubelet answered, or why there is no answer. */
export type Fetched =
  | { ok: true; body: Buffer; format?: 'resource' | 'summary' }
  | { ok: false; reason: string; detail: string }

/** Asks a kubelet once; never rejects. */
export type FetchSample = (target: Target) => Promise<Fetched>

/** What this shard knows of a node's record: what the next usage is computed from. */
export type Known = {
  uid: string
  body: RecordBody
  /** Of the last answer of the kubelet, if it was read here. */
  layout?: Layout | undefined
  /** Version in the store that `body` stands for; 0: the store has nothing of it. */
  version: number
  /** `body` could not be written yet. */
  unwritten?: true
}

/** What there is to say of an answer besides its sample. */
export type Heard = {
  /** Of the body, gzip removed. */
  bytes: number
  malformedLines: number
  /** Usages that the node cannot have had, left out. */
  rejected: number
  /** The kubelet said that it could not measure everything. */
  incomplete: boolean
  /** How old the node's own point was when it arrived, milliseconds; undefined without one. By two clocks. */
  ageMs: number | undefined
}

/** How a scrape ended. `known` is what to start from next time. */
export type Outcome =
  | { result: 'accepted' | 'unchanged'; known: Known; tookMs: number; heard: Heard }
  | { result: 'duplicate'; by: string; known: Known | undefined; tookMs: number; heard: Heard }
  | { result: 'refused'; reason: string; known: undefined; heard: Heard }
  /** The kubelet gave nothing usable, and that took `spentMs`. */
  | { result: 'failed'; reason: string; detail: string; known: Known | undefined; spentMs: number }
  /** The kubelet answered, the store did not: the sample is kept in `known` and written with the next one. */
  | { result: 'unwritten'; error: unknown; known: Known; tookMs: number; heard: Heard }

export type ScrapeDeps = {
  clock: Clock
  /** The shared clock. */
  now: () => number
  intervalMs: number
  self: string
  store: Pick<SampleStore, 'commit' | 'tried'>
  fetchSample: FetchSample
  trace?: Trace | undefined
}

/** One scrape of one node: fetch → decode → usage → commit. Never rejects: a fault of ours costs this node only. */
export async function scrape(deps: ScrapeDeps, target: Target, known: Known | undefined): Promise<Outcome> {
  const startedMs = deps.clock.mono()
  try {
    return await scrapeSoundly(deps, target, known)
  } catch (error) {
    const spentMs = Math.round(deps.clock.mono() - startedMs)
    // What was known may be what cannot be gone on with.
    return { result: 'failed', reason: 'other', detail: errorText(error), known: undefined, spentMs }
  }
}

async function scrapeSoundly(deps: ScrapeDeps, target: Target, known: Known | undefined): Promise<Outcome> {
  const atMs = Math.round(deps.now())
  const startedMs = deps.clock.mono()
  const fetched = await within(deps.trace, scrapeSpans.fetch, () => deps.fetchSample(target))
  const tookMs = Math.round(deps.clock.mono() - startedMs)
  const base = known?.uid === target.uid ? known : undefined
  const compute = (stored: Known | undefined) =>
    fetched.ok ? commitOf(deps, target, { ...fetched, atMs, tookMs }, stored) : undefined
  const first = compute(base)
  if (!first) {
    const { reason, detail } = fetched.ok ? noSamples : fetched
    const failure = { by: deps.self, reason: `${reason}: ${detail}` }
    // Best effort: without the store nobody reads it anyway.
    void deps.store.tried(target.node, failure).catch(() => {})
    return { result: 'failed', reason, detail, known, spentMs: tookMs }
  }
  return commit(deps, first, compute, base)
}

/** What is to be written, computed from the record that `version` is the version of. */
type Commit = Pick<Known, 'body' | 'layout' | 'version'> & { scrape: Scrape; moved: boolean; heard: Heard }

/**
 * What an answer makes of the stored record; undefined: there is no sample in it. All that is decoded, but for the layout,
 * dies here, before anything is waited for: a collection that found it alive would keep it (docs/performance.md).
 */
function commitOf(
  { trace, self, intervalMs }: ScrapeDeps,
  { node, uid, createdMs, capacity }: Target,
  { body, format, atMs, tookMs }: Fetched & { ok: true } & Pick<Scrape, 'atMs' | 'tookMs'>,
  stored: Known | undefined,
): Commit | undefined {
  const decoded = within(trace, scrapeSpans.decode, () =>
    (format === 'summary' ? decodeSummary : decode)(body, atMs, stored?.layout),
  )
  const { sample, layout, malformedLines, scrapeError: incomplete } = decoded
  const nodeMs = sample.points[pointPlace.timestamp] as number
  const hasNode = !Number.isNaN(nodeMs)
  if (!hasNode && sample.pods.length === 0) return undefined
  const ageMs = hasNode ? atMs + tookMs - nodeMs : undefined
  const heard = { bytes: body.length, malformedLines, incomplete, ageMs, rejected: 0 }
  const onImpossible = () => {
    heard.rejected++
  }
  const step = { atMs, intervalMs, capacity, onImpossible }
  const advanced = within(trace, scrapeSpans.usage, () => advance(stored?.body, sample, step))
  return {
    scrape: { node, uid, createdMs, atMs, by: self, tookMs },
    body: advanced.body,
    layout,
    moved: advanced.moved || stored?.unwritten === true,
    version: stored?.version ?? 0,
    heard,
  }
}

const noSamples = { reason: 'no_samples', detail: 'the kubelet answered, but without any sample' }

async function commit(
  deps: ScrapeDeps,
  first: Commit,
  compute: (stored: Known) => Commit | undefined,
  base: Known | undefined,
): Promise<Outcome> {
  let attempt = first
  const { uid, tookMs } = first.scrape
  try {
    let answer = await send(deps, attempt)
    if (answer.result === 'conflict') {
      const { stored } = answer
      // An emptied store: what we know is all there is. Otherwise compute again from what is stored.
      attempt = (stored && compute(knownOf(stored))) ?? { ...attempt, moved: true, version: 0 }
      answer = await send(deps, attempt)
    }
    const { body, layout, heard } = attempt
    switch (answer.result) {
      case 'accepted':
        return { result: 'accepted', known: { uid, body, layout, version: answer.version }, tookMs, heard }
      case 'unchanged':
        return { result: 'unchanged', known: { uid, body, layout, version: attempt.version }, tookMs, heard }
      case 'refused':
        return { result: 'refused', reason: answer.reason, known: undefined, heard }
      case 'duplicate':
        return { result: 'duplicate', by: answer.by, known: base, tookMs, heard }
      case 'conflict':
        // Twice in a row: another writes this node at the same moment, and has won.
        return { result: 'duplicate', by: answer.stored?.by ?? '', known: base, tookMs, heard }
    }
  } catch (error) {
    const { body, layout, version, heard } = attempt
    return {
      result: 'unwritten',
      error,
      known: { uid, body, layout, version, unwritten: true },
      tookMs,
      heard,
    }
  }
}

function send({ store, trace }: ScrapeDeps, { scrape, body, moved, version }: Commit): Promise<CommitAnswer> {
  return within(trace, scrapeSpans.commit, () => store.commit(scrape, moved ? body : undefined, version))
}

/** What a stored record lets a shard go on from. */
export function knownOf(record: NodeRecord): Known {
  return { uid: record.uid, body: record.body, version: record.version }
}

import { type Clock, realClock } from '@metrics-ring/common/clock'
import { errorText } from '@metrics-ring/common/errors'
import type { Answer } from './answer.ts'
import { type Budget, createBudget } from './budget.ts'
import type { KubeletTarget } from './kubelet-target.ts'
import { createTrust, type KubeletCredentials, type KubeletTlsOptions } from './kubelet-tls.ts'
import { ask, type Kept, type TryDeps } from './kubelet-try.ts'
import { type Failure, failure } from './reasons.ts'
import { secondTryAfterMs } from './second-try.ts'

export type KubeletClientOptions = {
  credentials: KubeletCredentials
  tls?: KubeletTlsOptions
  /** Bound on one scrape as a whole, its second try included, milliseconds (default 10 s). */
  requestTimeoutMs?: number
  /** Bound on an answer, on the wire and after gunzip, bytes (default 32 MiB). */
  bodyLimitBytes?: number
  /** Ask for gzip (default: no, it adds a third to the CPU of a scrape). It is understood either way. */
  gzip?: boolean
  /** How long an idle connection is kept, milliseconds (default 85 s: just below the 90 s of a kubelet). */
  keepAliveMs?: number
  /** How long an address may take to accept before the next is tried beside it, milliseconds (default 300). */
  staggerMs?: number
  /** The wait before a second try that needs one, milliseconds (default 500). */
  secondTryPauseMs?: number
  clock?: Clock
}

/** `tookMs`: from the call to its end, both tries together. */
export type Scraped = ((Answer & { address: string }) | Failure) & { tookMs: number }

export type ScrapeCall = {
  /** Ask once more when the first try fails fast (`second-try.ts`). */
  retry?: boolean
  /** Gives up. */
  signal?: AbortSignal
}

/** Asks kubelets, over one kept connection each. */
export type KubeletClient = {
  /** Never rejects. While a scrape of a node is under way, another one of it gets the same answer. */
  scrape(target: KubeletTarget, call?: ScrapeCall): Promise<Scraped>
  /** The node has left: ends what is under way and closes its connection. */
  forget(node: string): void
  /** Forgets every node but these. */
  retain(nodes: ReadonlySet<string>): void
  /** Forgets every node. */
  close(): void
}

type Kubelet = Kept & { running: Promise<Scraped> | undefined; budget: Budget | undefined }

const defaults = {
  requestTimeoutMs: 10_000,
  bodyLimitBytes: 32 * 1024 * 1024,
  gzip: false,
  keepAliveMs: 85_000,
  staggerMs: 300,
  secondTryPauseMs: 500,
  clock: realClock,
  tls: {},
}

export function createKubeletClient(given: KubeletClientOptions): KubeletClient {
  const options = { ...defaults, ...given }
  const deps: TryDeps = { ...options, trust: createTrust(options.credentials) }
  const { clock } = options
  const kubelets = new Map<string, Kubelet>()

  function scrape(target: KubeletTarget, call: ScrapeCall = {}): Promise<Scraped> {
    const kubelet = kubelets.get(target.node) ?? createKubelet()
    kubelets.set(target.node, kubelet)
    kubelet.running ??= run(kubelet, target, call)
    return kubelet.running
  }

  async function run(kubelet: Kubelet, target: KubeletTarget, call: ScrapeCall): Promise<Scraped> {
    const startedMs = clock.mono()
    const budget = createBudget(clock, options.requestTimeoutMs, call.signal)
    kubelet.budget = budget
    const answer = await tries(kubelet, target, budget, call.retry === true).catch((error) =>
      failure('other', errorText(error)),
    )
    budget.close()
    kubelet.running = undefined
    kubelet.budget = undefined
    return { ...answer, tookMs: clock.mono() - startedMs }
  }

  async function tries(kubelet: Kubelet, target: KubeletTarget, budget: Budget, retry: boolean) {
    const startedMs = clock.mono()
    const { answer, reused } = await ask(deps, kubelet, target, budget)
    if (answer.ok || !retry) return answer
    const first = { reason: answer.reason, reused, tookMs: clock.mono() - startedMs }
    const pauseMs = secondTryAfterMs(first, options.requestTimeoutMs, options.secondTryPauseMs)
    if (pauseMs === undefined) return answer
    await budget.pause(pauseMs)
    return budget.ended ? answer : (await ask(deps, kubelet, target, budget)).answer
  }

  function forget(node: string): void {
    const kubelet = kubelets.get(node)
    kubelets.delete(node)
    kubelet?.budget?.abort()
    kubelet?.connection?.close()
  }

  function retain(nodes: ReadonlySet<string>): void {
    for (const node of [...kubelets.keys()]) if (!nodes.has(node)) forget(node)
  }

  return { scrape, forget, retain, close: () => retain(new Set()) }
}

function createKubelet(): Kubelet {
  return { connection: undefined, worked: undefined, hung: undefined, running: undefined, budget: undefined }
}

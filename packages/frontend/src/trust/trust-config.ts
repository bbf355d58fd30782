import { readFile } from 'node:fs/promises'
import { type Clock, type Stop, sleep } from '@metrics-ring/common/clock'
import { CodedError, errorText } from '@metrics-ring/common/errors'
import type { KubeClient } from '@metrics-ring/common/kube/kube'
import type { Log } from '@metrics-ring/common/log'
import type { TrustConfig } from './trust.ts'
import { createTrustSettings, type TrustFlags } from './trust-settings.ts'

export type TrustDeps = {
  /** Of --authentication-kubeconfig. */
  client: Pick<KubeClient, 'request'>
  clock: Clock
  log: Log
  flags: TrustFlags
}

export type Trust = {
  /**
   * Reads everything once, then keeps reading. Rejects with a CodedError: `bad_ca_file`, or `trust_forbidden` when
   * the ConfigMap may not be read and that is not tolerated. An API server that does not answer is waited for later.
   */
  start(): Promise<Stop>
  /** A new object whenever something has changed. */
  current(): TrustConfig
  /** The ConfigMap has been asked for and the answer was definite, or it is not needed. */
  loaded(): boolean
  onChange(listener: (trust: TrustConfig) => void): void
}

const path = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication'
/** A rotated CA must be known within a minute. One small GET costs less than a watch that may have died unnoticed. */
const periodMs = 10_000
const unloadedPeriodMs = 1_000

/**
 * Whom to trust, followed live: the cluster's ConfigMap and the CA files of flags. What is deleted or unreadable
 * keeps its last good value, as upstream. Flags: all of TrustFlags, --authentication-kubeconfig (the client).
 */
export function createTrust({ client, clock, log, flags }: TrustDeps): Trust {
  const settings = createTrustSettings(flags, log)
  const listeners: ((trust: TrustConfig) => void)[] = []
  const abort = new AbortController()
  const asksConfigMap =
    !flags.authenticationSkipLookup && !(flags.clientCaFile && flags.requestheaderClientCaFile)
  let current: TrustConfig = {}
  let loaded = !asksConfigMap
  let trouble = ''
  const sources: (() => Promise<boolean>)[] = []
  const { clientCaFile, requestheaderClientCaFile } = flags
  if (clientCaFile) sources.push(async () => settings.takeClientCa(await readPem(clientCaFile)))
  if (requestheaderClientCaFile) {
    sources.push(async () => settings.takeRequestHeaderCa(await readPem(requestheaderClientCaFile)))
  }
  if (asksConfigMap) sources.push(readConfigMap)

  /** One source that cannot be read does not keep the others from being. */
  async function read(): Promise<void> {
    const results = await Promise.allSettled(sources.map((source) => source()))
    if (results.some((result) => result.status === 'fulfilled' && result.value)) publish()
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    trouble = ''
  }
  async function readConfigMap(): Promise<boolean> {
    const { status, body } = await client.request('GET', path, { signal: abort.signal })
    if (status === 401 || status === 403) {
      throw new CodedError(
        'trust_forbidden',
        `may not read ConfigMap kube-system/${path.split('/').at(-1)} (${status})`,
      )
    }
    if (status !== 200 && status !== 404) throw new CodedError('trust_unavailable', `GET ${path}: ${status}`)
    loaded = true
    return status === 200 && settings.takeConfigMap((body as { data?: Record<string, string> }).data ?? {})
  }
  function publish(): void {
    current = settings.trust()
    log.info({ clientCa: !!current.clientCa, requestHeaderCa: !!current.requestHeader }, 'trust has changed')
    for (const listener of listeners) listener(current)
  }
  function report(error: unknown): void {
    const text = errorText(error)
    if (text !== trouble) log.warn({ error: text }, 'trust cannot be read, the last good one is kept')
    trouble = text
  }
  async function follow(): Promise<void> {
    while (!abort.signal.aborted) {
      await sleep(clock, loaded ? periodMs : unloadedPeriodMs, abort.signal)
      if (!abort.signal.aborted) await read().catch(report)
    }
  }
  return {
    async start() {
      await read().catch((error) => {
        const code = error instanceof CodedError ? error.code : ''
        const tolerated = code === 'trust_forbidden' && flags.authenticationTolerateLookupFailure
        if (code === 'bad_ca_file' || (code === 'trust_forbidden' && !tolerated)) throw error
        loaded ||= tolerated
        report(error)
      })
      if (clientCaFile && !current.clientCa) throw badFile(clientCaFile)
      if (requestheaderClientCaFile && !current.requestHeader) throw badFile(requestheaderClientCaFile)
      void follow()
      return () => abort.abort()
    },
    current: () => current,
    loaded: () => loaded,
    onChange: (listener) => void listeners.push(listener),
  }
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CodedError('bad_ca_file', `cannot read ${file}: ${errorText(error)}`)
  }
}

function badFile(file: string): CodedError {
  return new CodedError('bad_ca_file', `${file} holds no readable PEM certificates`)
}

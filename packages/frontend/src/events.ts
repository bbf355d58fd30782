import type { AddressInfo } from 'node:net'
import { CodedError, errorText } from '@metrics-ring/common/errors'
import type { Log } from '@metrics-ring/common/log'

/** What happens to a frontend that an operator wants to read of: one function an event, one line a change of state. */
export type Events = ReturnType<typeof createEvents>

export function createEvents(log: Log) {
  let failing = false
  return {
    /** That Redis is away, and back, is told by the connection; here it is what Redis answers. */
    storeFailed(error: unknown) {
      if (error instanceof CodedError && error.code === 'store_unavailable') return
      if (!failing)
        log.warn({ error: errorText(error) }, 'the store cannot be read; serving what is in memory')
      failing = true
    },
    storeAnswered() {
      if (failing) log.info({}, 'the store can be read again')
      failing = false
    },
    loaded(records: number, tookMs: number) {
      log.info({ records, tookMs: Math.round(tookMs) }, 'all records are loaded')
    },
    storeRestarted() {
      log.warn({}, 'the store was emptied or replaced; reading it from the beginning')
    },
    /** @param coverage of all nodes, the part of which a sample is served. */
    ready(coverage: number) {
      log.info({ coverage }, 'ready')
    },
    requestFailed(error: unknown, method: string, path: string) {
      const stack = error instanceof Error ? error.stack : undefined
      log.error({ error: errorText(error), stack, method, path }, 'a request failed')
    },
    slowReader(path: string) {
      log.warn({ path }, 'a client stopped reading its answer; its stream is closed')
    },
    certificateChanged() {
      log.info({}, 'serving with a new certificate')
    },
    certificateFailed(error: unknown) {
      log.error({ error: errorText(error) }, 'cannot read the serving certificate; keeping the last one')
    },
    servingSecretStep(step: string) {
      log.info({ step }, 'wrote the serving certificate that all replicas share')
    },
    caBundleRepaired(apiService: string) {
      log.warn({ apiService }, 'somebody had overwritten caBundle or TLS verification; put it back')
    },
    caBundleContested(apiService: string) {
      log.error(
        { apiService },
        'somebody keeps overwriting caBundle or TLS verification (an add-on manager or a GitOps tool?); it is put back once per 5 min',
      )
    },
    caBundleFailed(apiService: string, error: unknown) {
      log.warn({ apiService, error: errorText(error) }, 'cannot have the APIService trust our certificate')
    },
    listening({ address, port }: AddressInfo) {
      log.info({ address, port }, 'listening')
    },
    statusPage(port: number) {
      log.info({ url: `http://127.0.0.1:${port}/ring` }, 'serving the status page')
    },
    draining(connections: number) {
      log.info({ connections }, 'draining')
    },
  }
}

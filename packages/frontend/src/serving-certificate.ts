import { hostname } from 'node:os'
import type { Clock, Stop } from '@metrics-ring/common/clock'
import { every } from '@metrics-ring/common/every'
import { generatedPair, pairFromFiles, type ServingPair } from '@metrics-ring/common/tls'
import type { FrontendConfig } from './config.ts'

/** How soon a rotated file is noticed, milliseconds. */
const lookEveryMs = 10_000

/** Names a generated certificate is good for; the Service is the one metrics-server is installed with. */
const serviceNames = ['metrics-server.kube-system.svc', 'metrics-server.kube-system', 'metrics-server']

/** Reads the pair there is, or makes one. */
export function readPair(certificate: FrontendConfig['certificate']): Promise<ServingPair> {
  if ('certFile' in certificate) return pairFromFiles(certificate.certFile, certificate.keyFile)
  const dnsNames = [...serviceNames, 'localhost', hostname()]
  return generatedPair(certificate.directory, dnsNames, ['127.0.0.1', '::1'], Date.now())
}

export type FollowPairOptions = {
  clock: Clock
  read: () => Promise<ServingPair>
  /** The pair in use. */
  current: ServingPair
  /** Throws when the pair does not fit together; it is offered again as long as it stands. */
  onChange: (pair: ServingPair) => void
  onError: (error: unknown) => void
}

/** Looks for another pair again and again. */
export function followPair({ clock, read, current, onChange, onError }: FollowPairOptions): Stop {
  let used = current
  const run = async () => {
    const pair = await read()
    if (pair.cert === used.cert && pair.key === used.key) return
    onChange(pair)
    used = pair
  }
  return every({ clock, periodMs: () => lookEveryMs, run, onError })
}

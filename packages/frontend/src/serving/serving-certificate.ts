import { hostname } from 'node:os'
import { type Clock, type Stop, sleep } from '@metrics-ring/common/clock'
import { every } from '@metrics-ring/common/every'
import type { KubeClient } from '@metrics-ring/common/kube/kube'
import { generatedPair, pairFromFiles, type ServingPair } from '@metrics-ring/common/tls'
import type { Events } from '../events.ts'
import type { ServeConfig } from '../serve-config.ts'
import { createApiServiceTrust } from './api-service-trust.ts'
import { createServingSecret } from './serving-secret.ts'

/** How soon a rotated file is noticed, milliseconds. */
const lookEveryMs = 10_000
/** Between two tries to read the first pair, milliseconds. */
const firstEveryMs = 1_000

/** A generated certificate is good for the Service that metrics-server is installed with. */
const defaultService = { namespace: 'kube-system', name: 'metrics-server' }

export type ReadPair = () => Promise<ServingPair>

export type PairReaderDeps = { client: KubeClient; clock: Clock; events: Events }

/** How to read the pair there is, or make one. */
export function pairReader(certificate: ServeConfig['certificate'], deps: PairReaderDeps): ReadPair {
  if ('certFile' in certificate) return () => pairFromFiles(certificate.certFile, certificate.keyFile)
  if ('secret' in certificate) return secretReader(certificate, deps)
  const dnsNames = [...serviceNames(defaultService.namespace, defaultService.name), 'localhost', hostname()]
  return () => generatedPair(certificate.directory, dnsNames, ['127.0.0.1', '::1'], Date.now())
}

function secretReader(
  { secret, services }: Extract<ServeConfig['certificate'], { secret: unknown }>,
  { client, clock, events }: PairReaderDeps,
): ReadPair {
  const { namespace } = secret
  const trust = createApiServiceTrust({
    client,
    clock,
    // The others may still lead elsewhere, as metrics-server's does while we are beside it.
    services: { namespace, names: services.slice(0, 1) },
    events: {
      contested: events.caBundleContested,
      repaired: events.caBundleRepaired,
      failed: events.caBundleFailed,
    },
  })
  const names = services.flatMap((name) => serviceNames(namespace, name))
  const onStep = events.servingSecretStep
  return createServingSecret({ client, clock, nowMs: () => Date.now(), secret, names, trust, onStep }).look
}

function serviceNames(namespace: string, name: string): string[] {
  return [`${name}.${namespace}.svc`, `${name}.${namespace}`, name]
}

/** Reads the first pair, again and again while there is none; rejects with the last reason when it takes too long. */
export async function firstPair(read: ReadPair, clock: Clock, withinMs: number): Promise<ServingPair> {
  const startedMs = clock.mono()
  for (;;) {
    try {
      return await read()
    } catch (error) {
      if (clock.mono() - startedMs >= withinMs) throw error
      await sleep(clock, firstEveryMs)
    }
  }
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

import { type FlagTable, readFlags } from '@metrics-ring/common/flags'
import { metricsServerFlags } from '@metrics-ring/common/metrics-server-flags'
import {
  clusterFlags,
  type ProcessConfig,
  processFlags,
  type RingConfig,
  readClusterFlags,
  readRingFlags,
  ringFlags,
  shown,
} from '@metrics-ring/common/service-flags'
import { readServeFlags, type ServeConfig, serveFlags } from './serve-config.ts'

/** The flags of `metrics-ring frontend`; names that metrics-server has mean what they mean there. */
export const frontendFlags = {
  ...clusterFlags,
  ...ringFlags,
  ...serveFlags,
  ...processFlags,
} as const satisfies FlagTable

export type FrontendConfig = ServeConfig & RingConfig & ProcessConfig

/** Reads the command line of a frontend; every fault is listed, each a sentence. Pure. */
export function readFrontendConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { config: FrontendConfig; faults: string[]; show: 'help' | 'version' | undefined } {
  const { values, faults, given, ignored, files } = readFlags(frontendFlags, argv, env, metricsServerFlags)
  const { ring, faults: ringFaults } = readRingFlags(values)
  const { serve, faults: serveFaults } = readServeFlags(values, given, readClusterFlags(values))
  return {
    config: { ...serve, ...ring, verbosity: values.v, ignored, files },
    faults: [...faults, ...ringFaults, ...serveFaults],
    show: shown(values),
  }
}

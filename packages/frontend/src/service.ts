import { accessSync, constants } from 'node:fs'
import { errorText } from '@metrics-ring/common/errors'
import { runService } from '@metrics-ring/common/service'
import { type FrontendConfig, frontendFlags, readFrontendConfig } from './config.ts'
import { startFrontend } from './wire.ts'

/** `metrics-ring frontend …`: runs until SIGTERM or SIGINT. */
export function runFrontend(argv: readonly string[], env = process.env): Promise<void> {
  return runService({
    name: 'frontend',
    summary: 'Serves the Metrics API from the samples that the shards write to Redis.',
    flags: frontendFlags,
    read() {
      const { config, faults, show } = readFrontendConfig(argv, env)
      return { config, faults: [...faults, ...unreadableFiles(config)], show }
    },
    start: async (config, log) => (await startFrontend(config, log, env)).drain,
  })
}

/** A sentence for each file that cannot be read. */
function unreadableFiles({ files }: FrontendConfig): string[] {
  return [...new Set(files)].flatMap((file) => {
    try {
      accessSync(file, constants.R_OK)
      return []
    } catch (error) {
      return [`cannot read ${file}: ${errorText(error)}`]
    }
  })
}

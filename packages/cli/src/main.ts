#!/usr/bin/env node
import { version } from '@metrics-ring/common/version'

/** Loaded only when asked for: a service must not pay for the others. */
const commands: Record<string, { help: string; run: (argv: string[]) => Promise<void> }> = {
  shard: {
    help: 'scrape the kubelets that the ring gives this replica',
    run: async (argv) => (await import('@metrics-ring/shard/service')).runShard(argv),
  },
  frontend: {
    help: 'serve the Metrics API',
    run: async (argv) => (await import('@metrics-ring/frontend/service')).runFrontend(argv),
  },
  standalone: {
    help: 'scrape and serve in one process, without Redis',
    run: async (argv) => (await import('./standalone/standalone.ts')).runStandalone(argv),
  },
  demo: {
    help: 'run everything in a simulated cluster and watch it',
    run: async (argv) => (await import('./demo/demo.ts')).runDemo(argv),
  },
  status: {
    help: 'print the ring: its shards, and the longest unscraped nodes',
    run: async (argv) => (await import('./status/status.ts')).runStatus(argv),
  },
  doctor: {
    help: 'find what is wrong between API server, Redis and kubelets, and how to mend it',
    run: async (argv) => (await import('./doctor/doctor.ts')).runDoctor(argv),
  },
  version: {
    help: 'print the version',
    run: async () => void process.stdout.write(`metrics-ring ${version}\n`),
  },
}

const [name = '', ...argv] = process.argv.slice(2)
const command = commands[name === '--version' ? 'version' : name]
if (command) await command.run(argv)
else usage(name)

function usage(asked: string): void {
  const lines = Object.entries(commands).map(([each, { help }]) => `  ${each.padEnd(12)}${help}`)
  const text = `metrics-ring ${version}: a sharded, highly available replacement for the Kubernetes metrics-server.

Usage: metrics-ring <command> [flags]

${lines.join('\n')}

metrics-ring <command> --help lists its flags.
`
  if (asked === '' || asked === '--help' || asked === '-h' || asked === 'help') {
    process.stdout.write(text)
    return
  }
  process.stderr.write(`metrics-ring: unknown command "${asked}"\n\n${text}`)
  process.exitCode = 2
}

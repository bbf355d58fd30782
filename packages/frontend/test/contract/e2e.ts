/**
 * `npm run e2e -- --kubeconfig F`: the contract, held against any control plane where metrics-ring or metrics-server
 * is installed. Nothing is changed there; what does not apply says why.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { errorText } from '@metrics-ring/common/errors'
import Mocha from 'mocha'
import type { KubectlOptions } from './kubectl.ts'
import { allSuites, type OpenContext, openContext } from './suites.ts'

const releases: Record<string, { release: 'v32' | 'v35'; minor: number }> = {
  '1.32': { release: 'v32', minor: 32 },
  '1.35': { release: 'v35', minor: 35 },
}
const usage = `Usage: npm run e2e -- [--kubeconfig FILE] [--kubectl ${Object.keys(releases).join('|')}]\n`

process.exitCode = await run()

async function run(): Promise<number> {
  const flags = readFlags()
  if (!flags) return 2
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-e2e-'))
  try {
    const context = await openContext({
      kubeconfig: flags.kubeconfig,
      cacheDir: dir,
      release: flags.release,
      living: true,
    })
    try {
      process.stdout.write(`metrics.k8s.io is served by ${context.server}: ${context.versions.join(', ')}\n`)
      return (await runSuites(context, flags.minor)) === 0 ? 0 : 1
    } finally {
      await context.stop()
    }
  } catch (error) {
    process.stderr.write(`e2e: ${errorText(error)}\n`)
    return 1
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function readFlags(): (Pick<KubectlOptions, 'kubeconfig'> & (typeof releases)[string]) | undefined {
  try {
    const options = {
      kubeconfig: { type: 'string', default: process.env.KUBECONFIG ?? join(homedir(), '.kube', 'config') },
      kubectl: { type: 'string', default: '1.35' },
    } as const
    const { values } = parseArgs({ options })
    const chosen = releases[values.kubectl]
    if (!chosen)
      throw new Error(`--kubectl ${values.kubectl}: not one of ${Object.keys(releases).join(', ')}`)
    if (!existsSync(values.kubeconfig)) throw new Error(`there is no ${values.kubeconfig}`)
    return { kubeconfig: values.kubeconfig, ...chosen }
  } catch (error) {
    process.stderr.write(`e2e: ${errorText(error)}\n${usage}`)
    return undefined
  }
}

/** @returns the number of failures */
async function runSuites(context: OpenContext, minor: number): Promise<number> {
  const mocha = new Mocha({ timeout: 120_000 })
  mocha.suite.emit(Mocha.Suite.constants.EVENT_FILE_PRE_REQUIRE, globalThis, 'e2e', mocha)
  describe(`${context.server}, asked by kubectl 1.${minor}`, () => allSuites(() => context, { minor }))
  return new Promise((resolve) => mocha.run(resolve))
}

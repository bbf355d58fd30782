import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKubectl, type Kubectl } from '@metrics-ring/cli/demo/kubectl'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import { type Cluster, startCluster } from '@metrics-ring/sim/cluster'
import { layOut } from '../../scripts/image-layout.ts'
import { type PlayedCluster, playCluster } from './played-cluster.ts'

const intervalMs = 3_000

/** A simulated cluster in which nobody has granted us anything yet, ready to apply manifests to. */
export type Playground = {
  cluster: Cluster
  played: PlayedCluster
  /** Rejects with what kubectl says. */
  kubectl(...args: string[]): Promise<string>
  /** `kubectl apply` of manifests as text. */
  apply(text: string): Promise<string>
  /** The last lines of every pod's log. */
  logs(): string
  stop(): Promise<void>
}

/** What the simulated cluster grants to our accounts before anything is installed. */
const granted = [
  ['clusterrolebinding', 'system:metrics-ring-shard'],
  ['clusterrolebinding', 'system:metrics-ring-frontend'],
  ['clusterrolebinding', 'system:metrics-server'],
  ['clusterrole', 'system:metrics-server'],
  ['clusterrolebinding', 'system:auth-delegator'],
  ['rolebinding', 'extension-apiserver-authentication-reader'],
  ['rolebinding', 'metrics-ring-leases'],
] as const

export async function startPlayground(): Promise<Playground> {
  const lifecycle = createLifecycle((error) => console.error(error))
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-manifests-'))
  lifecycle.add(() => rmSync(dir, { recursive: true, force: true }))
  const image = join(dir, 'image')
  try {
    layOut(image)
    const cluster = await startCluster({ nodes: 6, podsPerNode: 4, intervalMs })
    lifecycle.add(cluster.close)
    // Pods are not who we are.
    for (const each of [dir, cluster.dir]) chmodSync(each, 0o755)
    const run: Kubectl = await createKubectl(cluster.kubeconfigPath)
    const kubectl = async (...args: string[]) => {
      const { ok, stdout, stderr } = await run('--cache-dir', dir, ...args)
      if (!ok) throw new Error(`kubectl ${args.join(' ')}: ${stderr}${stdout}`)
      return stdout
    }
    const played = playCluster({ cluster, dir, intervalMs, image })
    lifecycle.add(played.stop)
    await Promise.all(
      granted.map(([kind, name]) =>
        kubectl('delete', kind, name, ...(kind === 'rolebinding' ? ['-n', 'kube-system'] : [])),
      ),
    )
    return {
      cluster,
      played,
      kubectl,
      apply(text) {
        const file = join(dir, 'manifests.yaml')
        writeFileSync(file, text)
        return kubectl('apply', '-f', file)
      },
      logs: () =>
        played
          .pods()
          .map(({ name }) => {
            const lines = readFileSync(join(dir, `${name}.log`), 'utf8')
              .trimEnd()
              .split('\n')
            return `${name}:\n  ${lines.slice(-6).join('\n  ')}`
          })
          .join('\n'),
      stop: lifecycle.stop,
    }
  } catch (error) {
    await lifecycle.stop()
    throw error
  }
}

/** Asks again and again until nothing is missing; rejects with what still is when the time is over. */
export async function until(missing: () => Promise<string>, withinMs: number): Promise<void> {
  const endMs = Date.now() + withinMs
  for (;;) {
    const left = await missing().catch((error: Error) => error.message)
    if (left === '') return
    if (Date.now() > endMs) throw new Error(left)
    await sleep(200)
  }
}

/** Names of the rows of `kubectl top`, without the header. */
export function rowNames(output: string): string[] {
  return output
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/\s+/)[0] ?? '')
}

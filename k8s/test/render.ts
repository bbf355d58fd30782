import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { bundledTool } from '@metrics-ring/sim/kubectl'
import { loadAll } from 'js-yaml'
import type { Manifest } from './objects.ts'

const k8s = fileURLToPath(new URL('..', import.meta.url))
export const chartDir = `${k8s}chart/metrics-ring`
export const overlays = readdirSync(`${k8s}overlays`).sort()

const run = promisify(execFile)
const mostBytes = 2 ** 24

/** What `kubectl kustomize` makes of an overlay, as text. */
export function kustomizeText(overlay: string): Promise<string> {
  return kustomizeDir(`${k8s}overlays/${overlay}`)
}

export async function kustomizeDir(dir: string): Promise<string> {
  const kubectl = await bundledTool('kubectl', 'v35')
  const { stdout } = await run(kubectl, ['kustomize', dir], { maxBuffer: mostBytes })
  return stdout
}

/** What `helm template` makes of the chart, as text; rejects with what helm says on stderr. */
export async function helmText(set: readonly string[] = [], args: readonly string[] = []): Promise<string> {
  const values = set.flatMap((each) => ['--set', each])
  const all = ['template', 'metrics-ring', chartDir, '--namespace', 'kube-system', ...values, ...args]
  const { stdout } = await helm(all)
  return stdout
}

export async function helm(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const path = await bundledTool('helm', 'v35')
  return run(path, [...args], { maxBuffer: mostBytes, env: { ...process.env, HELM_NO_PLUGINS: '1' } })
}

export function parse(text: string): Manifest[] {
  return (loadAll(text) as (Manifest | null)[]).filter((each): each is Manifest => each !== null)
}

import type { Kubectl, KubectlResult } from './kubectl.ts'

/** What a suite is run against. Suites only read, so that any control plane will do. */
export type Context = {
  kubectl: Kubectl
  /** GET through the aggregation layer. */
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  server: 'metrics-ring' | 'metrics-server'
  /** Those served, preferred first. */
  versions: string[]
  /** Whether samples change while suites run. */
  living: boolean
  /** Whether the user may act as another one. */
  impersonates: boolean
}

export type Answer = { status: number; type: string | null; headers: Headers; bytes: Buffer; text: string }

export type Item = {
  metadata: {
    name: string
    namespace?: string
    creationTimestamp: string
    labels?: Record<string, string>
  }
  timestamp: string
  window: string
  /** Of nodes. */
  usage?: Usage
  /** Of pods. */
  containers?: { name: string; usage: Usage }[]
}
export type Usage = Record<string, string>

export type List = {
  kind: string
  apiVersion: string
  metadata: { continue?: string; remainingItemCount?: number }
  items: Item[]
}

/** @param path below `/apis/metrics.k8s.io` */
export async function getList(context: Context, path: string): Promise<List> {
  const { status, text } = await context.get(`/apis/metrics.k8s.io/${path}`)
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`)
  return JSON.parse(text) as List
}

export function createGet(base: string): Context['get'] {
  return async (path, headers = {}) => {
    const response = await fetch(base + path, { headers, redirect: 'manual' })
    const bytes = Buffer.from(await response.arrayBuffer())
    const type = response.headers.get('content-type')
    return { status: response.status, type, headers: response.headers, bytes, text: bytes.toString() }
  }
}

/** What kubectl printed; throws what it complained of. */
export async function printed(result: Promise<KubectlResult>): Promise<string> {
  const { code, stdout, stderr } = await result
  if (code !== 0) throw new Error(`kubectl exits with ${code}: ${stderr}`)
  return stdout
}

/** What it complained of; throws if it did not. */
export async function complaint(result: Promise<KubectlResult>): Promise<string> {
  const { code, stdout, stderr } = await result
  if (code === 0) throw new Error(`kubectl has no complaint: ${stdout}`)
  return stderr.trim()
}

/** Skips the running test, with the reason in its title: the expectation is not one of this control plane. */
export function appliesIf(test: Mocha.Context, applies: boolean, reason: string): void {
  if (applies) return
  const { test: running } = test
  if (running) running.title += ` (does not apply: ${reason})`
  test.skip()
}

import { type Context, createGet } from './context.ts'
import { errorsSuite } from './errors-suite.ts'
import { getSuite } from './get-suite.ts'
import { createKubectl, type KubectlOptions, startProxy } from './kubectl.ts'
import { representationsSuite } from './representations-suite.ts'
import { topNodeSuite } from './top-node-suite.ts'
import { topPodSuite } from './top-pod-suite.ts'
import { verbsSuite } from './verbs-suite.ts'

/** What every metrics.k8s.io is held to. */
export function allSuites(context: () => Context, kubectl: { minor: number }): void {
  kubectlSuites(context, kubectl)
  describe('in every representation', () => representationsSuite(context))
}

/** The part that depends on the release of kubectl. */
export function kubectlSuites(context: () => Context, kubectl: { minor: number }): void {
  describe('kubectl top node', () => topNodeSuite(context, kubectl))
  describe('kubectl top pod', () => topPodSuite(context, kubectl))
  describe('kubectl get', () => getSuite(context))
  describe('kubectl and other verbs', () => verbsSuite(context))
  describe('kubectl, refused', () => errorsSuite(context))
}

export type OpenContext = Context & { stop(): Promise<void> }

/** Finds out what is there. `stop` ends the proxy. */
export async function openContext(options: KubectlOptions & { living: boolean }): Promise<OpenContext> {
  const kubectl = await createKubectl(options)
  const proxy = await startProxy(options)
  try {
    const get = createGet(proxy.url)
    const group = await get('/apis/metrics.k8s.io')
    if (group.status !== 200) throw new Error(`metrics.k8s.io is not served: ${group.status} ${group.text}`)
    const versions = JSON.parse(group.text).versions.map(({ version }: { version: string }) => version)
    const openapi = await get('/openapi/v3/apis/metrics.k8s.io/v1beta1')
    const ours = openapi.status === 200 && JSON.parse(openapi.text).info.title === 'metrics-ring'
    const mayImpersonate = await kubectl('auth', 'can-i', 'impersonate', 'users')
    return {
      kubectl,
      get,
      server: ours ? 'metrics-ring' : 'metrics-server',
      versions,
      living: options.living,
      impersonates: mayImpersonate.code === 0,
      stop: proxy.stop,
    }
  } catch (error) {
    await proxy.stop()
    throw error
  }
}

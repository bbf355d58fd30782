import { createKubeClient, type KubeClient } from '@metrics-ring/common/kube/kube'
import { loadKubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import type { ServeConfig } from './serve-config.ts'

/** Clients of the API server by what they are for; one client where the kubeconfigs are one. */
export type KubeClients = {
  objects: KubeClient
  authentication: KubeClient
  authorization: KubeClient
  close(): Promise<void>
}

type Paths = Pick<ServeConfig, 'kubeconfig' | 'authenticationKubeconfig' | 'authorizationKubeconfig'>

/** Rejects with a CodedError `bad_kubeconfig`. */
export async function kubeClients(paths: Paths, env: NodeJS.ProcessEnv): Promise<KubeClients> {
  const made = new Map<string | undefined, KubeClient>()
  async function clientOf(path: string | undefined): Promise<KubeClient> {
    const client = made.get(path) ?? createKubeClient(await loadKubeConfig(path, env))
    made.set(path, client)
    return client
  }
  return {
    objects: await clientOf(paths.kubeconfig),
    authentication: await clientOf(paths.authenticationKubeconfig),
    authorization: await clientOf(paths.authorizationKubeconfig),
    async close() {
      await Promise.all([...made.values()].map((client) => client.close()))
    },
  }
}

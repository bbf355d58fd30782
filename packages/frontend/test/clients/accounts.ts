import type { Installation } from '../contract/installation.ts'
import { createHttpClient, type HttpClient, readAccess } from './http.ts'

export type Accounts = {
  /** A ServiceAccount, `namespace:name`, that may read metrics. */
  open(account: string, userAgent: string): HttpClient
  close(): void
}

export function createAccounts(installation: () => Installation): Accounts {
  const opened: HttpClient[] = []
  return {
    open(account, userAgent) {
      const { cluster } = installation()
      cluster.apiserver.sink.apply(readerBinding(account))
      const client = createHttpClient(readAccess(cluster.serviceAccountKubeconfig(account)))
      opened.push(client)
      const get: HttpClient['get'] = (path, headers) =>
        client.get(path, { 'user-agent': userAgent, ...headers })
      return { ...client, get }
    },
    close() {
      for (const client of opened) client.close()
    },
  }
}

/** `namespace/name` of every pod that is to be served. */
export function runningPods({ cluster }: Installation): string[] {
  const running = cluster.model.pods().filter(({ phase }) => phase === 'Running')
  return running.map(({ namespace, name }) => `${namespace}/${name}`)
}

function readerBinding(account: string) {
  const [namespace = '', name = ''] = account.split(':')
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `reads-metrics:${account}` },
    roleRef: {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: 'system:aggregated-metrics-reader',
    },
    subjects: [{ kind: 'ServiceAccount', namespace, name }],
  }
}

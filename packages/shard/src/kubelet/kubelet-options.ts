import type { KubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { createReread } from '@metrics-ring/common/kube/reread'
import type { ScrapeConfig } from '../scrape-config.ts'
import type { KubeletClientOptions } from './kubelet.ts'

/** Kubelets are shown the credentials of the API server's kubeconfig unless flags give others, as metrics-server does. */
export function kubeletOptions(config: ScrapeConfig['kubelet'], kube: KubeConfig): KubeletClientOptions {
  const { certFile, keyFile } = config
  const own = certFile && keyFile ? { cert: file(certFile), key: file(keyFile) } : undefined
  return {
    credentials: {
      ca: config.caFile ? file(config.caFile) : kube.ca,
      ...(own ?? { cert: kube.cert, key: kube.key, token: kube.token }),
    },
    tls: { insecure: config.insecureTls, serverName: config.serverName },
    requestTimeoutMs: config.timeoutMs,
  }
}

/** Read again when it changes. */
function file(path: string): () => Promise<string> {
  return createReread(path, (text) => text)
}

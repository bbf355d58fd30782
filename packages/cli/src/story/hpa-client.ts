import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:http2'
import { gunzipSync } from 'node:zlib'
import { decodePodMetricsList, type PodMetrics } from './hpa-protobuf.ts'
import type { PodCpu } from './hpa-replicas.ts'

/** The ServiceAccount of the HPA in kube-controller-manager. */
export const hpaAccount = 'kube-system:horizontal-pod-autoscaler'

/** Asks for the pods of a workload as the HPA does, and for nothing else. */
export type HpaClient = {
  list(namespace: string, selector: string): Promise<PodMetrics[]>
  close(): void
}

/** @param kubeconfig of the HPA's ServiceAccount, as the simulated cluster writes it */
export function createHpaClient(kubeconfig: string): HpaClient {
  const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8'))
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster
  const session = connect(server, { ca: Buffer.from(ca, 'base64') })
  session.on('error', () => {})
  return {
    async list(namespace, selector) {
      const query = new URLSearchParams({ labelSelector: selector })
      const request = session.request({
        ':path': `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods?${query}`,
        accept: 'application/vnd.kubernetes.protobuf, */*',
        'accept-encoding': 'gzip',
        'user-agent': 'kube-controller-manager/v1.35.2 (linux/amd64) horizontal-pod-autoscaler',
        authorization: `Bearer ${users[0].user.token}`,
      })
      const [headers] = (await once(request, 'response')) as [Record<string, string | number>]
      const body = Buffer.concat(await request.toArray())
      const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
      if (headers[':status'] !== 200) {
        throw new Error(`unable to fetch metrics from resource metrics API: ${headers[':status']} ${plain}`)
      }
      return decodePodMetricsList(plain)
    },
    close: () => session.close(),
  }
}

/** A pod whose containers do not all have a CPU usage has none, and counts as missing. */
export function cpuByPod(items: readonly PodMetrics[]): Map<string, PodCpu> {
  const found = new Map<string, PodCpu>()
  for (const { name, containers, timestampMs, windowMs } of items) {
    const amounts = containers.map(({ usage }) => usage.get('cpu'))
    if (amounts.length === 0 || amounts.includes(undefined)) continue
    const millicores = amounts.reduce((sum, amount) => sum + toMillicores(amount ?? ''), 0)
    found.set(name, { millicores, timestampMs, windowMs })
  }
  return found
}

const perMillicore: Record<string, number> = { n: 1e-6, u: 1e-3, m: 1, '': 1e3, k: 1e6 }

/** Rounded up, as Quantity.MilliValue does. */
function toMillicores(quantity: string): number {
  const [, digits, suffix = ''] = /^(\d+)(\w*)$/.exec(quantity) ?? []
  const factor = perMillicore[suffix]
  if (digits === undefined || factor === undefined) throw new Error(`"${quantity}" is no amount of CPU`)
  return factor < 1 ? Math.ceil(Number(digits) / Math.round(1 / factor)) : Number(digits) * factor
}

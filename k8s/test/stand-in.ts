import { type Extension, startExtension } from '../../packages/sim/test/apiserver/extension.ts'
import type { Playground } from './playground.ts'

const labels = { 'k8s-app': 'metrics-server' }

/** As in metrics-server's components.yaml. */
const manifests = `
apiVersion: v1
kind: Service
metadata: {name: metrics-server, namespace: kube-system, labels: {k8s-app: metrics-server}}
spec:
  ports: [{name: https, port: 443, protocol: TCP, targetPort: https}]
  selector: {k8s-app: metrics-server}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io, labels: {k8s-app: metrics-server}}
spec:
  group: metrics.k8s.io
  groupPriorityMinimum: 100
  insecureSkipTLSVerify: true
  service: {name: metrics-server, namespace: kube-system}
  version: v1beta1
  versionPriority: 100
`

/** Installs a server that answers v1beta1 as metrics-server does, with a certificate that nobody knows. */
export async function standIn({ cluster, played, apply, kubectl }: Playground): Promise<Extension> {
  const trust = 'jsonpath={.data.requestheader-client-ca-file}'
  const name = 'extension-apiserver-authentication'
  const clientCa = await kubectl('get', 'configmap', name, '-n', 'kube-system', '-o', trust)
  const usage = { cpu: '1', memory: '1Gi' }
  const items = cluster.model.nodes().map((node) => ({ metadata: { name: node.name }, usage }))
  const list = { kind: 'NodeMetricsList', apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items }
  const extension = await startExtension({
    clientCa,
    answer(request, response) {
      if (request.url !== '/apis/metrics.k8s.io/v1beta1/nodes') return false
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(list))
      return true
    },
  })
  await apply(manifests)
  const container = {
    name: 'metrics-server',
    image: 'stand-in',
    ports: [{ name: 'https', containerPort: extension.port }],
  }
  played.addForeign(labels, '127.0.0.1', container)
  return extension
}

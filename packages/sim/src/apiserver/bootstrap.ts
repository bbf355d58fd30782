/** What a cluster has before anything is installed, beside its access policy. */
import { type KubeObject, makeObject as object } from './objects.ts'

export function namespaceObjects(): KubeObject[] {
  const names = ['default', 'kube-system', 'kube-public', 'kube-node-lease']
  return names.map((name) => object('v1', 'Namespace', name, { status: { phase: 'Active' } }))
}

/** What extension API servers read to know whom to trust. */
export function authenticationConfig(clientCa: string, requestHeaderCa: string): KubeObject {
  return object(
    'v1',
    'ConfigMap',
    'extension-apiserver-authentication',
    {
      data: {
        'client-ca-file': clientCa,
        'requestheader-client-ca-file': requestHeaderCa,
        'requestheader-allowed-names': '["front-proxy-client"]',
        'requestheader-username-headers': '["X-Remote-User"]',
        'requestheader-group-headers': '["X-Remote-Group"]',
        'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
        'requestheader-uid-headers': '["X-Remote-Uid"]',
      },
    },
    'kube-system',
  )
}

/** The Service and endpoints of the API server itself. */
export function kubernetesService(port: number): KubeObject[] {
  const ports = [{ name: 'https', port, protocol: 'TCP' }]
  const labels = { 'kubernetes.io/service-name': 'kubernetes' }
  const service = {
    type: 'ClusterIP',
    clusterIP: '10.96.0.1',
    ports: [{ ...ports[0], port: 443, targetPort: port }],
  }
  const slice = {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
    ports,
  }
  const endpointSlice = object('discovery.k8s.io/v1', 'EndpointSlice', 'kubernetes', slice, 'default')
  endpointSlice.metadata.labels = labels
  const subsets = [{ addresses: [{ ip: '127.0.0.1' }], ports }]
  return [
    object('v1', 'Service', 'kubernetes', { spec: service }, 'default'),
    object('v1', 'Endpoints', 'kubernetes', { subsets }, 'default'),
    endpointSlice,
  ]
}

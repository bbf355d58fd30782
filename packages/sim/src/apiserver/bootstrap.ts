/** What a cluster has before anything is installed: namespaces, the `kubernetes` Service, and default roles. */
import type { KubeObject } from './objects.ts'

type Rules = Record<string, unknown>[]
const rbac = 'rbac.authorization.k8s.io'
const all = ['get', 'list', 'watch']

/** ServiceAccounts the policy below speaks of, beside those a test makes. */
export const serviceAccounts = {
  shard: 'kube-system:metrics-ring-shard',
  frontend: 'kube-system:metrics-ring-frontend',
  metricsServer: 'kube-system:metrics-server',
  hpa: 'kube-system:horizontal-pod-autoscaler',
  viewer: 'default:viewer',
} as const

const paths = (...nonResourceURLs: string[]): Rules => [{ verbs: ['get'], nonResourceURLs }]
const on = (apiGroups: string, resources: string[], verbs: string[], resourceNames?: string[]) => ({
  apiGroups: [apiGroups],
  resources,
  verbs,
  ...(resourceNames && { resourceNames }),
})

const metricsReader = [
  on('', ['nodes/metrics'], ['get']),
  on('', ['pods', 'nodes', 'namespaces', 'configmaps'], all),
]
const clusterRoles: Record<string, Rules> = {
  'cluster-admin': [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ],
  'system:public-info-viewer': paths('/healthz', '/livez', '/readyz', '/version', '/version/'),
  'system:discovery': paths(
    ...['/api', '/api/*', '/apis', '/apis/*', '/healthz', '/livez', '/readyz'],
    ...['/openapi', '/openapi/*', '/version', '/version/'],
  ),
  'system:basic-user': [
    on('authorization.k8s.io', ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], ['create']),
    on('authentication.k8s.io', ['selfsubjectreviews'], ['create']),
  ],
  'system:auth-delegator': [
    on('authentication.k8s.io', ['tokenreviews'], ['create']),
    on('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
  ],
  'system:metrics-server': metricsReader,
  'system:metrics-ring-shard': [
    on('', ['nodes/metrics'], ['get']),
    on('', ['nodes', 'pods', 'namespaces'], all),
  ],
  'system:metrics-ring-frontend': [on('', ['pods', 'nodes', 'namespaces'], all)],
  'system:aggregated-metrics-reader': [on('metrics.k8s.io', ['pods', 'nodes'], all)],
  'system:controller:horizontal-pod-autoscaler': [on('metrics.k8s.io', ['pods'], ['list'])],
  'system:kubelet-api-admin': [on('', ['nodes/metrics', 'nodes/stats', 'nodes/proxy'], ['*'])],
}

const user = (name: string) => ({ kind: 'User', apiGroup: rbac, name })
const group = (name: string) => ({ kind: 'Group', apiGroup: rbac, name })
function account(key: keyof typeof serviceAccounts) {
  const [namespace, name] = serviceAccounts[key].split(':')
  return { kind: 'ServiceAccount', namespace, name }
}

const everybody = group('system:authenticated')
const clusterBindings: Record<string, Rules> = {
  'cluster-admin': [group('system:masters')],
  'system:public-info-viewer': [everybody, group('system:unauthenticated')],
  'system:discovery': [everybody],
  'system:basic-user': [everybody],
  'system:auth-delegator': [account('metricsServer'), account('frontend'), account('shard')],
  'system:metrics-server': [account('metricsServer')],
  'system:metrics-ring-shard': [account('shard')],
  'system:metrics-ring-frontend': [account('frontend')],
  'system:controller:horizontal-pod-autoscaler': [account('hpa')],
  'system:aggregated-metrics-reader': [account('viewer')],
  view: [account('viewer')],
  'system:kubelet-api-admin': [user('kube-apiserver-kubelet-client')],
}

const reader = 'extension-apiserver-authentication-reader'
const leases = 'metrics-ring-leases'
const roles: Record<string, Rules> = {
  [reader]: [on('', ['configmaps'], all, ['extension-apiserver-authentication'])],
  [leases]: [on('coordination.k8s.io', ['leases'], [...all, 'create', 'update', 'patch', 'delete'])],
}
const roleBindings: Record<string, Rules> = {
  [reader]: [account('metricsServer'), account('frontend')],
  [leases]: [account('shard'), account('frontend')],
}

function object(
  apiVersion: string,
  kind: string,
  name: string,
  rest: Record<string, unknown> = {},
  namespace?: string,
) {
  return { apiVersion, kind, metadata: { name, ...(namespace && { namespace }) }, ...rest } as KubeObject
}

function binding(
  kind: string,
  roleKind: string,
  name: string,
  subjects: Rules,
  namespace?: string,
): KubeObject {
  return object(
    `${rbac}/v1`,
    kind,
    name,
    { roleRef: { apiGroup: rbac, kind: roleKind, name }, subjects },
    namespace,
  )
}

const aggregatedTo = (verb: string) => ({ [`rbac.authorization.k8s.io/aggregate-to-${verb}`]: 'true' })

function viewRoles(): KubeObject[] {
  const view = object(`${rbac}/v1`, 'ClusterRole', 'view', {
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregatedTo('view') }] },
    rules: [on('', ['pods', 'services', 'configmaps', 'endpoints', 'namespaces', 'nodes'], all)],
  })
  return [view]
}

function clusterRole([name, rules]: [string, Rules]): KubeObject {
  const role = object(`${rbac}/v1`, 'ClusterRole', name, { rules })
  if (name === 'system:aggregated-metrics-reader') role.metadata.labels = aggregatedTo('view')
  return role
}

/** Everything but what depends on the authorities and the port of one cluster. */
export function bootstrapObjects(): KubeObject[] {
  const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease']
  return [
    ...namespaces.map((name) => object('v1', 'Namespace', name, { status: { phase: 'Active' } })),
    ...Object.entries(clusterRoles).map(clusterRole),
    ...viewRoles(),
    ...Object.entries(clusterBindings).map(([name, who]) =>
      binding('ClusterRoleBinding', 'ClusterRole', name, who),
    ),
    ...Object.entries(roles).map(([name, rules]) =>
      object(`${rbac}/v1`, 'Role', name, { rules }, 'kube-system'),
    ),
    ...Object.entries(roleBindings).map(([name, who]) =>
      binding('RoleBinding', 'Role', name, who, 'kube-system'),
    ),
  ]
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

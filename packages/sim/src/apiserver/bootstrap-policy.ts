/** The access policy of a cluster before anything is installed, and of the ServiceAccounts used in tests. */
import { type KubeObject, makeObject as object } from './objects.ts'

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
    on('', ['nodes/metrics', 'nodes/stats'], ['get']),
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

export function policyObjects(): KubeObject[] {
  return [
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

import { type Finding, type Found, some } from './finding.ts'
import { flagOf, type Installed } from './installed.ts'

/** Something that an account has to be allowed. */
export type Right = {
  /** `namespace:name` of a ServiceAccount. */
  account: string
  verb: string
  /** With its subresource: `nodes/metrics`. */
  resource: string
  group?: string
  namespace?: string
  name?: string
  /** What does not work without it. */
  without: string
}
export type Judged = Right & { allowed: boolean }

type Wanted = Omit<Right, 'account' | 'verb'> & { verbs: readonly string[] }

const hpa = 'kube-system:horizontal-pod-autoscaler'

/** The rights of our tiers (docs/secure.md) and of whoever reads first of all. Pure. */
export function wantedRights(tiers: readonly Installed[], leaseNamespace: string): Right[] {
  const wanted: Right[] = []
  const add = (account: string, all: readonly Wanted[]) => {
    for (const { verbs, ...each } of all) for (const verb of verbs) wanted.push({ account, verb, ...each })
  }
  for (const each of tiers.length > 0 ? tiers : assumed(leaseNamespace)) {
    const account = `${each.namespace}:${each.serviceAccount}`
    if (each.tier !== 'frontend') add(account, kubeletRights)
    if (each.tier === 'shard') add(account, leaseRights(leaseNamespace))
    if (each.tier !== 'shard') add(account, [...serveRights, ...secretRights(each)])
  }
  const without = 'HPAs get no metrics'
  add(hpa, [{ verbs: ['list'], group: 'metrics.k8s.io', resource: 'pods', without }])
  return wanted
}

type Tier = Pick<Installed, 'tier' | 'namespace' | 'serviceAccount' | 'args'>

/** Where no Deployment tells, as in the demo. */
function assumed(namespace: string): Tier[] {
  return (['shard', 'frontend'] as const).map((tier) => ({
    tier,
    namespace,
    serviceAccount: `metrics-ring-${tier}`,
    args: [],
  }))
}

const kubeletRights: Wanted[] = [
  { verbs: ['list', 'watch'], resource: 'nodes', without: 'shards do not know which nodes there are' },
  { verbs: ['get'], resource: 'nodes/metrics', without: 'kubelets answer 403' },
]

function leaseRights(namespace: string): Wanted[] {
  const verbs = ['get', 'list', 'create', 'update', 'delete']
  const without = 'shards cannot form a ring'
  return [{ verbs, group: 'coordination.k8s.io', resource: 'leases', namespace, without }]
}

const trustMap = { name: 'extension-apiserver-authentication', namespace: 'kube-system' }
const serveRights: Wanted[] = [
  { verbs: ['list', 'watch'], resource: 'pods', without: 'frontends serve no pods' },
  { verbs: ['list', 'watch'], resource: 'nodes', without: 'frontends serve no nodes' },
  {
    verbs: ['create'],
    group: 'authentication.k8s.io',
    resource: 'tokenreviews',
    without: 'frontends cannot tell who asks',
  },
  {
    verbs: ['create'],
    group: 'authorization.k8s.io',
    resource: 'subjectaccessreviews',
    without: 'frontends cannot tell who may ask',
  },
  { verbs: ['get'], resource: 'configmaps', ...trustMap, without: 'frontends do not know kube-apiserver' },
]

/** Of frontends that share a certificate in a Secret. */
function secretRights(tier: Pick<Installed, 'args'>): Wanted[] {
  const [namespace, name] = flagOf(tier, 'serving-secret')?.split('/') ?? []
  if (!namespace || !name) return []
  const without = 'frontends cannot share a certificate'
  const apiServices = ['v1.metrics.k8s.io', 'v1beta1.metrics.k8s.io'].map((each) => ({
    verbs: ['get', 'patch'],
    group: 'apiregistration.k8s.io',
    resource: 'apiservices',
    name: each,
    without: 'frontends cannot have their certificate trusted',
  }))
  return [{ verbs: ['get', 'update'], resource: 'secrets', namespace, name, without }, ...apiServices]
}

/** One finding for an account that lacks rights. Pure. */
export function judgeAccess(judged: readonly Judged[]): Found {
  const lacking = Map.groupBy(
    judged.filter(({ allowed }) => !allowed),
    ({ account }) => account,
  )
  const findings = [...lacking].map(([account, rights]): Finding => {
    const [namespace = '', name = ''] = account.split(':')
    return {
      code: 'rights_missing',
      severity: 'error',
      symptom: `ServiceAccount ${name} lacks rights: ${[...new Set(rights.map(({ without }) => without))].join('; ')}`,
      evidence: `SubjectAccessReview says no to ${some(rights.map(rightText), 5)}`,
      fix:
        account === hpa
          ? 'restore ClusterRole system:controller:horizontal-pod-autoscaler (kube-apiserver does when it starts)'
          : `kubectl apply -k k8s/overlays/… (rbac.create=true in the chart); check: kubectl auth can-i --list --as=system:serviceaccount:${namespace}:${name}`,
    }
  })
  return {
    findings,
    note: `${judged.length} rights of ${new Set(judged.map(({ account }) => account)).size} accounts`,
  }
}

function rightText({ verb, resource, group, namespace, name }: Right): string {
  const full = group ? `${resource}.${group}` : resource
  return `${verb} ${full}${name ? ` ${name}` : ''}${namespace ? ` in ${namespace}` : ''}`
}

import { expect } from 'chai'
import { deployments, type Manifest, ofKind } from './objects.ts'
import { policies } from './policies.ts'
import { kustomizeText, overlays, parse } from './render.ts'
import { schemaFaults } from './schema.ts'

describe('the kustomize overlays', function () {
  this.timeout(20_000)
  const rendered = new Map<string, Manifest[]>()
  before(async () => {
    for (const overlay of overlays) rendered.set(overlay, parse(await kustomizeText(overlay)))
  })
  const manifestsOf = (overlay: string) => rendered.get(overlay) ?? []

  for (const overlay of overlays) {
    describe(overlay, () => {
      it('holds to the schemas of Kubernetes', async () => {
        const faults = await Promise.all(
          manifestsOf(overlay).map(async (each) =>
            (await schemaFaults(each)).map((fault) => `${each.kind} ${each.metadata.name}: ${fault}`),
          ),
        )
        expect(faults.flat()).to.deep.equal([])
        expect(manifestsOf(overlay).length).to.be.above(10)
      })
      for (const [name, policy] of Object.entries(policies)) {
        it(`${name}`, () => expect(policy(manifestsOf(overlay))).to.deep.equal([]))
      }
      it('registers both versions of the API for the Service that metrics-server has', () => {
        const services = ofKind(manifestsOf(overlay), 'APIService').map(({ metadata, spec }) => ({
          name: metadata.name,
          service: (spec as { service: unknown }).service,
        }))
        const service = { namespace: 'kube-system', name: 'metrics-server', port: 443 }
        expect(services).to.deep.equal([
          { name: 'v1.metrics.k8s.io', service },
          { name: 'v1beta1.metrics.k8s.io', service },
        ])
      })
    })
  }

  it('puts standalone in the place of everything that components.yaml of metrics-server has', () => {
    const all = manifestsOf('standalone')
    const there = all.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    // kubernetes-sigs/metrics-server, manifests/base
    expect(there).to.include.members([
      'ServiceAccount metrics-server',
      'ClusterRole system:aggregated-metrics-reader',
      'ClusterRole system:metrics-server',
      'RoleBinding metrics-server-auth-reader',
      'ClusterRoleBinding metrics-server:system:auth-delegator',
      'ClusterRoleBinding system:metrics-server',
      'Service metrics-server',
      'Deployment metrics-server',
      'APIService v1beta1.metrics.k8s.io',
    ])
    const [deployment, ...others] = deployments(all)
    expect(others).to.deep.equal([])
    expect(deployment?.spec.selector, 'cannot be changed').to.deep.equal({
      matchLabels: { 'k8s-app': 'metrics-server' },
    })
    expect(deployment?.pod.containers.map(({ name }) => name)).to.deep.equal(['metrics-server'])
  })

  it('lets shards alone reach kubelets, and neither tier both', () => {
    for (const overlay of ['sharded', 'ha']) {
      const all = manifestsOf(overlay)
      const accounts = deployments(all).map(({ pod }) => pod.serviceAccountName)
      expect(new Set(accounts).size, 'an account each').to.equal(accounts.length)
      const reach = ofKind(all, 'ClusterRole').filter(({ rules }) =>
        rules?.some(({ resources }) => resources?.includes('nodes/metrics')),
      )
      expect(reach.map(({ metadata }) => metadata.name)).to.deep.equal(['metrics-ring-shard'])
    }
  })
})

describe('the checks of manifests', () => {
  it('find a misspelt field, a wrong type and a kind that is not there', async () => {
    const pdb = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'a' } }
    expect(await schemaFaults({ ...pdb, spec: { maxUnavailable: 1 } })).to.deep.equal([])
    expect(await schemaFaults({ ...pdb, spec: { maxUnavailabel: 1 } })).to.deep.equal([
      '/spec/maxUnavailabel is not known to Kubernetes',
    ])
    expect((await schemaFaults({ ...pdb, spec: { selector: 3 } }))[0]).to.match(/^\/spec\/selector type/)
    expect(await schemaFaults({ ...pdb, kind: 'Nonsense' })).to.deep.equal(['there is no policy/v1 Nonsense'])
  })

  it('find a pod that breaks every rule', async () => {
    const labels = { app: 'a' }
    const spec = { hostNetwork: true, containers: [{ name: 'a', image: 'a' }] }
    const pod = { selector: { matchLabels: labels }, template: { metadata: { labels: {} }, spec } }
    const rules = [{ apiGroups: ['*'], resources: ['nodes/proxy', 'secrets'], verbs: ['get'] }]
    const bad: Manifest[] = [
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec: pod },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'a' }, rules },
    ]
    const broken = Object.entries(policies).filter(([, policy]) => policy(bad).length > 0)
    expect(broken.map(([name]) => name)).to.deep.equal([
      'pods are restricted',
      'containers are restricted',
      'every container has requests, probes and a pinned image',
      'nobody gets more rights than needed',
      'every selector matches its pods',
    ])
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { deployments, identity, type Manifest, ofKind } from './objects.ts'
import { policies } from './policies.ts'
import { chartDir, helm, helmText, kustomizeText, parse } from './render.ts'
import { schemaFaults } from './schema.ts'

const matrix: Record<string, string[]> = {
  'nothing set': [],
  'a Redis for evaluation': ['redis.evaluation=true'],
  'the URL of a Redis': ['redis.url=rediss://:secret@redis.example:6380'],
  'another interval, ring and flags': [
    'metricResolution=30s',
    'ringName=blue',
    'args={--kubelet-insecure-tls,--v=4}',
    'frontend.args={--max-requests-inflight=800}',
    'shard.args={--kubelet-endpoint=resource}',
  ],
  'cert-manager': ['tls.type=cert-manager'],
  'an issuer of cert-manager': [
    'tls.type=cert-manager',
    'tls.certManager.existingIssuer.enabled=true',
    'tls.certManager.duration=2160h',
  ],
  'a certificate of their own': [
    'tls.type=existingSecret',
    'tls.existingSecret.name=my-tls',
    'apiService.caBundle=PEM',
  ],
  'a name and labels of their own': [
    'fullnameOverride=metrics',
    'commonLabels.team=a',
    'podLabels.team=a',
    'podAnnotations.note=b',
    'deploymentAnnotations.note=c',
    'apiService.annotations.note=d',
    'serviceAccount.annotations.note=e',
    'service.labels.note=f',
  ],
  'places to run': [
    'tolerations[0].operator=Exists',
    'nodeSelector.disk=ssd',
    'affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution=null',
    'dnsConfig.nameservers={10.0.0.10}',
    'imagePullSecrets[0].name=pull',
    'schedulerName=mine',
  ],
  'as many as the load asks for': ['shard.autoscaling.enabled=true', 'replicas=5'],
  alerts: [
    'alerts.enabled=true',
    'alerts.namespace=monitoring',
    'alerts.additionalLabels.release=prometheus',
  ],
  monitors: ['serviceMonitor.enabled=true', 'serviceMonitor.additionalLabels.release=prometheus'],
  'monitors elsewhere, for everybody': [
    'serviceMonitor.enabled=true',
    'serviceMonitor.namespace=monitoring',
    'serviceMonitor.interval=30s',
    'serviceMonitor.relabelings[0].action=labeldrop',
    'metrics.enabled=true',
  ],
  'little of it': [
    'apiService.create=false',
    'podDisruptionBudget.enabled=false',
    'networkPolicy.enabled=false',
    'service.name=metrics-ring',
  ],
}

describe('the Helm chart', function () {
  this.timeout(20_000)

  it('passes helm lint', async () => {
    const { stdout } = await helm(['lint', '--strict', chartDir])
    expect(stdout).to.include('0 chart(s) failed')
  })

  for (const [name, set] of Object.entries(matrix)) {
    it(`with ${name} holds to the schemas of Kubernetes and to our policies, and renders the same twice`, async () => {
      const [text, again] = await Promise.all([helmText(set), helmText(set)])
      expect(again).to.equal(text)
      const manifests = parse(text)
      const faults = await Promise.all(manifests.map(schemaFaults))
      expect(faults.flat()).to.deep.equal([])
      for (const [rule, policy] of Object.entries(policies)) {
        const ignored = /--kubelet-insecure-tls means nothing/
        const broken = policy(manifests).filter((fault) => !ignored.test(fault))
        expect(broken, rule).to.deep.equal([])
      }
    })
  }

  it('keeps to its selectors under another release name', async () => {
    const { stdout } = await helm([
      'template',
      'blue',
      chartDir,
      '-n',
      'monitoring',
      '--set',
      'redis.evaluation=true',
    ])
    const manifests = parse(stdout)
    for (const policy of Object.values(policies)) expect(policy(manifests)).to.deep.equal([])
    const namespaces = new Set(manifests.map(({ metadata }) => metadata.namespace))
    expect([...namespaces].sort()).to.deep.equal(['kube-system', 'monitoring', undefined])
    const elsewhere = manifests.filter(({ metadata }) => metadata.namespace === 'kube-system')
    expect(elsewhere.map(({ kind, roleRef }) => `${kind} ${roleRef?.name}`)).to.deep.equal([
      'RoleBinding extension-apiserver-authentication-reader',
    ])
  })

  it('installs what the overlays install', async () => {
    expect(plain(await helmText())).to.deep.equal(plain(await kustomizeText('ha')))
  })

  it('gives flags to whom they are for, metrics-server args to both', async () => {
    const manifests = parse(
      await helmText(['args={--v=2}', 'shard.args={--kubelet-insecure-tls}', 'frontend.args={--swap=false}']),
    )
    const flags = Object.fromEntries(
      deployments(manifests).map(({ manifest, pod }) => [manifest.metadata.name, pod.containers[0]?.args]),
    )
    expect(flags['metrics-ring-shard']?.slice(-2)).to.deep.equal(['--v=2', '--kubelet-insecure-tls'])
    expect(flags['metrics-ring-frontend']?.slice(-2)).to.deep.equal(['--v=2', '--swap=false'])
  })

  it('needs no Secret and no right on APIServices where others make the certificate', async () => {
    const manifests = parse(await helmText(['tls.type=cert-manager']))
    const secrets = ofKind(manifests, 'Secret').map(identity)
    expect(secrets).to.deep.equal([])
    const rules = manifests.flatMap((each) => each.rules ?? []).flatMap(({ resources = [] }) => resources)
    expect(rules).to.not.include.members(['secrets']).and.not.include.members(['apiservices'])
    const [api] = ofKind(manifests, 'APIService')
    expect(api?.metadata.annotations).to.deep.equal({
      'cert-manager.io/inject-ca-from': 'kube-system/metrics-ring-tls',
    })
  })

  const refused: Record<string, string[]> = {
    'a misspelt value': ['replica=3'],
    'no replica': ['shard.replicas=0'],
    'a certificate made by helm, which would differ each time': ['tls.type=helm'],
    'a certificate whose authority it does not know': [
      'tls.type=existingSecret',
      'tls.existingSecret.name=a',
    ],
    'two Redis': ['redis.evaluation=true', 'redis.url=redis://b'],
    'an interval that is no duration': ['metricResolution=15'],
    'an argument that is no flag': ['args={kubelet-insecure-tls}'],
  }
  for (const [name, set] of Object.entries(refused)) {
    it(`refuses ${name}`, async () => {
      const error = await helmText(set).then(
        () => undefined,
        (reason: Error) => reason,
      )
      expect(error?.message).to.be.a('string')
    })
  }

  it('looks nothing up in the cluster', async () => {
    const files = readdirSync(`${chartDir}/templates`)
    const texts = files.map((file) => readFileSync(`${chartDir}/templates/${file}`, 'utf8'))
    expect(texts.join('\n')).to.not.match(/\blookup\b|genSelfSignedCert|genCA|randAlpha|now\b/)
  })
})

/** What is installed, without the labels that tell who installed it. */
function plain(text: string): Record<string, unknown> {
  const entries = parse(text).map((manifest): [string, Manifest] => {
    const { labels = {}, ...metadata } = manifest.metadata
    const own = Object.fromEntries(
      Object.entries(labels).filter(([name]) => /aggregate-to/.test(name) || name.endsWith('/component')),
    )
    return [identity(manifest), clean({ ...manifest, metadata: { ...metadata, labels: own } })]
  })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** `revisionHistoryLimit: 10` is what Kubernetes takes anyway. */
function clean(manifest: Manifest): Manifest {
  if (manifest.kind !== 'Deployment') return manifest
  const { revisionHistoryLimit: _, ...spec } = manifest.spec as Record<string, unknown>
  return { ...manifest, spec }
}

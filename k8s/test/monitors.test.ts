import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { deployments, type Labels, type Manifest, matches, ofKind, type ServiceSpec } from './objects.ts'
import { helmText, kustomizeDir, parse } from './render.ts'

type Endpoint = {
  port: string
  path: string
  scheme?: string
  tlsConfig?: { insecureSkipVerify?: boolean; serverName?: string; ca?: { secret: { name: string } } }
}
type MonitorSpec = {
  selector: { matchLabels: Labels }
  namespaceSelector?: { matchNames: string[] }
  endpoints?: Endpoint[]
  podMetricsEndpoints?: Endpoint[]
}

const k8s = fileURLToPath(new URL('..', import.meta.url))

/** The overlay with the component, as somebody would write it. */
async function withComponent(overlay: string): Promise<Manifest[]> {
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-kustomize-'))
  const path = (name: string) => relative(dir, join(k8s, name))
  try {
    const text = `resources: [${path(`overlays/${overlay}`)}]\ncomponents: [${path('components/service-monitor')}]\n`
    writeFileSync(join(dir, 'kustomization.yaml'), text)
    return parse(await kustomizeDir(dir))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** What Prometheus would ask, as `kind name:port/path`; only what is there. */
function found(manifests: readonly Manifest[]): string[] {
  const pods = deployments(manifests).map(({ spec }) => spec.template)
  const services = ofKind(manifests, 'Service').map(({ metadata, spec }) => ({
    metadata,
    spec: spec as ServiceSpec,
  }))
  const monitors = [...ofKind(manifests, 'ServiceMonitor'), ...ofKind(manifests, 'PodMonitor')]
  return monitors.flatMap(({ kind, metadata, spec }) => {
    const { selector, endpoints = [], podMetricsEndpoints = [] } = spec as MonitorSpec
    const behind = (labels: Labels, port: string) =>
      kind === 'PodMonitor'
        ? pods.some(
            (pod) =>
              matches(labels, pod.metadata.labels) &&
              pod.spec.containers.some(({ ports }) => ports?.some(({ name }) => name === port)),
          )
        : services.some(
            (service) =>
              matches(labels, service.metadata.labels ?? {}) &&
              service.spec.ports.some(({ name }) => name === port),
          )
    return [...endpoints, ...podMetricsEndpoints]
      .filter(({ port }) => behind(selector.matchLabels, port))
      .map(({ port, path }) => `${kind} ${metadata.name}:${port}${path}`)
  })
}

const both = [
  'ServiceMonitor metrics-ring-frontend:https/metrics',
  'PodMonitor metrics-ring-shard:health/metrics',
]

describe('the monitors of the Prometheus Operator', function () {
  this.timeout(20_000)

  it('find both tiers by their labels and ports, and verify the frontends', async () => {
    for (const manifests of [
      await withComponent('ha'),
      parse(await helmText(['serviceMonitor.enabled=true'])),
    ]) {
      expect(found(manifests)).to.deep.equal(both)
      const [monitor] = ofKind(manifests, 'ServiceMonitor') as [Manifest]
      const tls = (monitor.spec as MonitorSpec).endpoints?.[0]?.tlsConfig
      expect(tls).to.deep.equal({
        serverName: 'metrics-server.kube-system.svc',
        ca: { secret: { name: 'metrics-ring-serving', key: 'ca-bundle.crt' } },
      })
      const secrets = ofKind(manifests, 'Secret').map(({ metadata }) => metadata.name)
      expect(secrets).to.include(tls?.ca?.secret.name)
    }
  })

  it('find standalone', async () => {
    expect(found(await withComponent('standalone'))).to.deep.equal([both[0]])
  })

  it('look into the namespace of the release from another one', async () => {
    const set = ['serviceMonitor.enabled=true', 'serviceMonitor.namespace=monitoring']
    const manifests = parse(await helmText(set))
    for (const kind of ['ServiceMonitor', 'PodMonitor']) {
      const [{ metadata, spec }] = ofKind(manifests, kind) as [Manifest]
      expect(metadata.namespace).to.equal('monitoring')
      expect((spec as MonitorSpec).namespaceSelector).to.deep.equal({ matchNames: ['kube-system'] })
    }
  })

  it('are not there unless asked for', async () => {
    expect(found(parse(await helmText()))).to.deep.equal([])
  })
})

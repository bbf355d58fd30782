import { setTimeout as sleep } from 'node:timers/promises'
import type { Report } from '@metrics-ring/cli/doctor/report'
import type { KubeObject } from '@metrics-ring/sim/apiserver/objects'
import type { Fault } from '@metrics-ring/sim/kubelet/kubelets'
import { createAuthority } from '@metrics-ring/sim/pki'
import { expect } from 'chai'
import { startCommand } from '../whole/demo-process.ts'
import { type Patient, startPatient } from './patient.ts'

/** Everything here breaks the cluster itself, and mends it again: the doctor is told nothing but where things are. */
describe('the doctor', function () {
  this.timeout(180_000)
  let patient: Patient
  const mend: (() => unknown)[] = []
  before(async () => {
    patient = await startPatient()
    await patient.healthy()
  })
  after(() => patient?.stop())
  afterEach(async () => {
    for (const each of mend.splice(0).reverse()) await each()
  })

  const finding = (report: Report, code: string) => {
    const found = report.findings.find((each) => each.code === code)
    const all = report.findings.map((each) => `${each.code}: ${each.evidence}`).join('\n')
    expect(found, `${code} is not among\n${all}`).to.not.equal(undefined)
    expect(found?.fix, code).to.match(
      /kubectl |--[a-z]|redis-cli |chronyc |restart the kubelet|kubeadm |ignoreDifferences|jsonPointers/,
    )
    return found ?? expect.fail()
  }
  /** Asks until that is found: processes and API servers take a moment to notice. */
  const until = async (code: string, ...more: string[]): Promise<Report> => {
    for (let tries = 0; ; tries++) {
      const report = await patient.examine(...more)
      if (tries === 80 || report.findings.some((each) => each.code === code)) return report
      await sleep(150)
    }
  }
  const apiService = (version = 'v1beta1') =>
    patient.object('apiregistration.k8s.io', 'apiservices', `${version}.metrics.k8s.io`)
  const base64 = (text: string) => Buffer.from(text).toString('base64')

  it('says of a sound cluster that it is, in a few seconds, with exit code 0', async () => {
    const ask = () => startCommand('doctor', ...patient.flags).ended
    let answer = await ask()
    // On a machine that stalls, a node may be late for a moment: it is then told, rightly.
    for (let tries = 0; tries < 5 && answer.code !== 0; tries++) answer = await ask()
    const { code, stdout } = answer
    expect(stdout).to.match(/^\[ok\] API server .*^\[ok\] clocks.*^All is well, after \d\.\d s\.$/ms)
    expect(code).to.equal(0)
    const report = await patient.healthy()
    expect(report.findings).to.deep.equal([])
    expect(report.tookMs).to.be.below(10_000)
  })

  it('tells what is wrong with each kubelet that it cannot scrape', async () => {
    const { cluster } = patient
    const faults: [code: string, fault: Fault | undefined, evidence: RegExp][] = [
      ['kubelet_refused', { kind: 'refuse' }, /ECONNREFUSED/],
      ['kubelet_timeout', { kind: 'hang' }, /not finished within/],
      [
        'kubelet_tls_name_mismatch',
        { kind: 'certificate', problem: 'wrongName' },
        /127\.\S+ is not in the cert's list.*for DNS:another-node, IP Address:192\.0\.2\.1/,
      ],
      [
        'kubelet_tls_expired',
        { kind: 'certificate', problem: 'expired' },
        /has expired;.* it shows .*valid from .* to /,
      ],
      [
        'kubelet_tls_unknown_ca',
        { kind: 'certificate', problem: 'unknownAuthority' },
        /signed by CN=somebody-else/,
      ],
      ['kubelet_tls_other', { kind: 'certificate', problem: 'none' }, /internal error/i],
      ['kubelet_unauthorized', { kind: 'status', code: 401 }, /HTTP status 401/],
      ['kubelet_forbidden', { kind: 'status', code: 403 }, /HTTP status 403/],
      ['kubelet_not_found', { kind: 'status', code: 404 }, /HTTP status 404/],
      ['kubelet_no_node_usage', { kind: 'lacks', what: 'node' }, /metrics\/resource/],
      ['kubelet_no_pod_usage', { kind: 'lacks', what: 'pods' }, /metrics\/resource/],
      ['clock_kubelet', { kind: 'clockStep', ms: 3_600_000 }, /3[56]\d\d s ahead/],
      ['kubelet_no_address', undefined, /addresses of the types: InternalDNS/],
    ]
    const nodes = cluster.model.nodes().map(({ name }) => name)
    for (const [at, [code, fault]] of faults.entries()) {
      const node = nodes[at] ?? expect.fail()
      mend.push(() => cluster.kubelets.setFault(node, undefined))
      if (fault) await cluster.kubelets.setFault(node, fault)
      if (code !== 'kubelet_no_address') continue
      const object = patient.object('', 'nodes', node)
      const addresses = [{ type: 'InternalDNS', address: node }]
      mend.push(patient.change({ ...object, status: { ...(object.status as object), addresses } }))
    }
    const report = await patient.examine()
    for (const [at, [code, , evidence]] of faults.entries()) {
      expect(finding(report, code).evidence, code).to.match(evidence).and.include(nodes[at])
    }
    // One finding for each of them, and nothing of the one that is well.
    const ofKubelets = report.findings.filter(({ check }) => check === 'kubelets')
    expect(ofKubelets).to.have.length(faults.length - 1)
    expect(JSON.stringify(ofKubelets)).to.not.include(nodes.at(-1))
  })

  it('tells rights, registration, workloads and clocks that are not as they should be', async () => {
    const { cluster } = patient
    const role = patient.object('rbac.authorization.k8s.io', 'clusterroles', 'metrics-ring-shard')
    mend.push(patient.change({ ...role, rules: [(role.rules as object[])[0]] } as KubeObject))
    mend.push(patient.remove(apiService('v1')))
    const trust = patient.object('', 'configmaps', 'kube-system/extension-apiserver-authentication')
    const { 'requestheader-client-ca-file': _, ...data } = trust.data as Record<string, string>
    mend.push(patient.change({ ...trust, data }))
    const frontend = patient.object('apps', 'deployments', 'kube-system/metrics-ring-frontend')
    const spec = structuredClone(frontend.spec) as { template: { spec: { hostNetwork?: boolean } } }
    spec.template.spec.hostNetwork = true
    mend.push(patient.change({ ...frontend, spec, status: { availableReplicas: 0 } }))
    mend.push(
      patient.change({
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'web', namespace: 'default' },
        spec: { maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'web' } },
        status: {
          conditions: [
            {
              type: 'ScalingActive',
              status: 'False',
              reason: 'FailedGetResourceMetric',
              message:
                'the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container proxy of Pod web-1',
            },
          ],
        },
      }),
    )
    cluster.apiserver.stepClock(-90_000)
    mend.push(() => cluster.apiserver.stepClock(0))

    const report = await patient.examine()
    expect(finding(report, 'rights_missing').evidence).to.include('get nodes/metrics')
    expect(finding(report, 'apiservice_missing')).to.include({ severity: 'warning' })
    expect(finding(report, 'aggregation_off').evidence).to.include('requestheader-client-ca-file')
    expect(finding(report, 'port_of_kubelet').fix).to.include('--secure-port=4443')
    expect(finding(report, 'pods_not_ready').evidence).to.not.equal('')
    expect(finding(report, 'hpa_without_requests').evidence).to.include('default/web')
    expect(finding(report, 'clock_api_server').evidence).to.match(/(8|9)\d s behind/)

    // What the shards themselves see of their missing right, and what they may not look at.
    const account = cluster.serviceAccountKubeconfig('kube-system:metrics-ring-shard', 'doctor')
    const inside = await patient.examine(`--kubeconfig=${account}`)
    expect(finding(inside, 'kubelet_forbidden').evidence).to.include('HTTP status 403')
    const skipped = inside.checks.filter(({ result }) => result === 'skipped').map(({ check }) => check)
    expect(skipped).to.include.members(['APIServices', 'rights'])
  })

  it('tells a Redis that may evict, takes no writes, wants a password, or is gone', async () => {
    const { redis, redisCli } = patient
    mend.push(() => redisCli('config', 'set', 'maxmemory', '0'))
    await redisCli('config', 'set', 'maxmemory-policy', 'allkeys-lru')
    await redisCli('config', 'set', 'maxmemory', '200mb')
    expect(finding(await patient.examine(), 'redis_evicts').evidence).to.include('allkeys-lru')
    await redisCli('config', 'set', 'maxmemory-policy', 'noeviction')
    await redisCli('config', 'set', 'maxmemory', '1mb')
    expect(finding(await patient.examine(), 'redis_full').evidence).to.include('OOM')
    await redisCli('config', 'set', 'maxmemory', '0')

    await redisCli('replicaof', '127.0.0.1', '1')
    expect(finding(await patient.examine(), 'redis_read_only').evidence).to.include('READONLY')
    await redisCli('replicaof', 'no', 'one')

    await redisCli('config', 'set', 'requirepass', 'secret')
    expect(finding(await patient.examine(), 'redis_login').evidence).to.match(/NOAUTH|WRONGPASS/)
    await redisCli('-a', 'secret', 'config', 'set', 'requirepass', '')

    await redis.kill()
    mend.push(redis.restart)
    const report = await patient.examine()
    expect(finding(report, 'redis_unreachable').evidence).to.include(`127.0.0.1:${redis.port}`)
    expect(report.checks.find(({ check }) => check === 'kubelets')?.result).to.equal('sound')
  })

  it('tells a shard that hangs, and a node that nobody can scrape, with what the others say of it', async () => {
    const { cluster } = patient
    const { name: node = '' } = cluster.model.nodes()[0] ?? {}
    await cluster.kubelets.setFault(node, { kind: 'certificate', problem: 'wrongName' })
    mend.push(() => cluster.kubelets.setFault(node, undefined))
    const [shard] = patient.deployment.shards()
    shard?.signal('SIGSTOP')
    mend.push(() => shard?.signal('SIGCONT'))
    expect(finding(await until('shard_silent'), 'shard_silent').evidence).to.include(shard?.name)
    expect(finding(await until('nodes_unscraped'), 'nodes_unscraped').evidence)
      .to.include(node)
      .and.match(/shard-\d says: tls_name_mismatch/)
  })

  it('tells a Service that is missing, and one without endpoints', async () => {
    const service = patient.object('', 'services', 'kube-system/metrics-server')
    const restore = patient.remove(service)
    const found = finding(await patient.examine(), 'apiservice_service_missing')
    expect(found.evidence).to.include('v1.metrics.k8s.io').and.include('v1beta1.metrics.k8s.io')
    restore()

    const frontends = patient.deployment.frontends()
    for (const each of frontends) each.signal('SIGKILL')
    mend.push(async () => {
      for (const each of frontends) await each.exited.then(() => patient.deployment.restartFrontend(each))
    })
    expect(finding(await until('apiservice_no_endpoints'), 'apiservice_no_endpoints').evidence).to.include(
      'metrics-ring.io/serves=metrics-api',
    )
  })

  it('tells who keeps putting the APIService back', async () => {
    const { certPem } = await createAuthority('of somebody else')
    const { apiserver } = patient.cluster
    await patient.healthy()
    /** Plays a tool that applies its source again and again; the API server notes who wrote what. */
    const keep = (spec: object, labels: Record<string, string>) => {
      const original = apiService()
      const { caBundle: _, ...rest } = original.spec as { caBundle?: string }
      const managedFields = [
        {
          manager: 'argocd-controller',
          operation: 'Apply',
          time: new Date().toISOString(),
          fieldsV1: { 'f:spec': Object.fromEntries(Object.keys(spec).map((key) => [`f:${key}`, {}])) },
        },
      ]
      const wanted = () => ({
        ...apiService(),
        metadata: { ...original.metadata, labels, managedFields },
        spec: { ...rest, ...spec },
      })
      apiserver.sink.apply(wanted())
      const timer = setInterval(() => apiserver.sink.apply(wanted()), 100)
      return () => {
        clearInterval(timer)
        apiserver.sink.apply(original)
      }
    }
    let stop = keep({ caBundle: base64(certPem) }, { 'argocd.argoproj.io/instance': 'metrics' })
    mend.push(() => stop())
    const overwritten = await patient.examine()
    expect(finding(overwritten, 'apiservice_ca_bundle_overwritten').evidence).to.include('of somebody else')
    const kept = finding(overwritten, 'apiservice_put_back')
    expect(kept.symptom).to.include('Argo CD')
    expect(kept.fix).to.include('ignoreDifferences')
    stop()

    stop = keep({ insecureSkipTLSVerify: true }, { 'addonmanager.kubernetes.io/mode': 'Reconcile' })
    const unverified = await patient.examine()
    expect(finding(unverified, 'apiservice_unverified').evidence).to.include('insecureSkipTLSVerify')
    expect(finding(unverified, 'apiservice_put_back').symptom).to.include('the add-on manager')
  })

  it('finds nothing any more when all that is mended', async () => {
    expect((await patient.healthy()).findings).to.deep.equal([])
  })

  it('tells a caBundle that does not verify the frontends, where it does not know better', async () => {
    // Without our Deployments nobody says where the right bundle is: what the API server says is all there is.
    mend.push(patient.remove(patient.object('apps', 'deployments', 'kube-system/metrics-ring-frontend')))
    const { certPem } = await createAuthority('of somebody else')
    const original = apiService()
    const spec = { ...(original.spec as object), caBundle: base64(certPem) }
    mend.push(patient.change({ ...original, spec }))
    const report = await until('apiservice_ca_bundle')
    expect(finding(report, 'apiservice_ca_bundle').evidence).to.include('FailedDiscoveryCheck')
  })

  it('tells a front-proxy CA that was swapped behind the back of the ConfigMap', async () => {
    const { apiserver } = patient.cluster
    const before = patient.object('', 'configmaps', 'kube-system/extension-apiserver-authentication')
    await apiserver.rotateFrontProxy({ keepOld: false })
    apiserver.sink.apply(before)
    const report = await until('front_proxy_refused')
    expect(finding(report, 'front_proxy_refused').evidence).to.match(/FailedDiscoveryCheck.*401/)
  })

  it('exits 1 with findings, as JSON too, and 2 where it cannot begin', async () => {
    const found = await startCommand('doctor', ...patient.flags, '--json').ended
    expect(found.code).to.equal(1)
    const report = JSON.parse(found.stdout) as Report
    expect(report.sound).to.equal(false)
    expect(report.findings[0]).to.include.keys('symptom', 'evidence', 'fix', 'severity')
    const wrong = await startCommand('doctor', '--kubeconfig=/nowhere', '--redis-url=nothing').ended
    expect(wrong.code).to.equal(2)
    expect(wrong.stderr).to.include('--redis-url')
    const missing = await startCommand('doctor', '--kubeconfig=/nowhere').ended
    expect([missing.code, missing.stderr]).to.deep.equal([
      2,
      "metrics-ring doctor: cannot read /nowhere: ENOENT: no such file or directory, open '/nowhere'\n",
    ])
  })

  it('tells an API server that does not answer', async () => {
    patient.cluster.apiserver.setOutage('down')
    mend.push(() => patient.cluster.apiserver.setOutage(undefined))
    const report = await patient.examine()
    expect(report.findings).to.have.length(1)
    expect(finding(report, 'api_server_unreachable').evidence).to.include(patient.cluster.url)
  })
})

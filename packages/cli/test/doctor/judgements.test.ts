import { judgeAggregation } from '@metrics-ring/cli/doctor/aggregation'
import { type ClockOffset, judgeClocks } from '@metrics-ring/cli/doctor/clocks'
import { judgeCondition } from '@metrics-ring/cli/doctor/conditions'
import { type CoverageFacts, judgeCoverage } from '@metrics-ring/cli/doctor/coverage'
import { readDoctorConfig } from '@metrics-ring/cli/doctor/doctor-config'
import type { Finding } from '@metrics-ring/cli/doctor/finding'
import { installedTiers, runningTier } from '@metrics-ring/cli/doctor/installed'
import { keepersOf } from '@metrics-ring/cli/doctor/keepers'
import { type Asked, judgeKubelets, type Shown } from '@metrics-ring/cli/doctor/kubelets'
import { judgeRedis } from '@metrics-ring/cli/doctor/redis'
import { drawReport, reportOf } from '@metrics-ring/cli/doctor/report'
import { makeAuthority } from '@metrics-ring/common/tls'
import { expect } from 'chai'

const codes = (findings: readonly Finding[]) => findings.map(({ code }) => code)
const dayMs = 86_400_000

describe('what the doctor makes of', () => {
  it('the words of Go and of Node in FailedDiscoveryCheck', () => {
    const url = 'failing or missing response from https://10.0.0.9:10250/apis/metrics.k8s.io/v1beta1'
    const said: Record<string, string> = {
      [`${url}: Get "${url}": tls: failed to verify certificate: x509: certificate signed by unknown authority`]:
        'apiservice_ca_bundle',
      [`${url}: unable to verify the first certificate`]: 'apiservice_ca_bundle',
      [`${url}: x509: certificate is valid for metrics.example, not metrics-server.kube-system.svc`]:
        'apiservice_certificate_name',
      [`${url}: x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z`]:
        'apiservice_certificate_expired',
      'failing or missing response from https://10.4.1.5:4443/apis: bad status from https://10.4.1.5:4443/apis: 401':
        'front_proxy_refused',
      [`${url}: bad status from ${url}: 403`]: 'apiservice_forbidden',
      [`${url}: bad status from ${url}: 404`]: 'apiservice_server_error',
      [`${url}: bad status from ${url}: 503`]: 'apiservice_server_error',
      [`${url}: Get "${url}": dial tcp 10.0.0.9:10250: i/o timeout`]: 'apiservice_unreachable',
      [`${url}: Get "${url}": context deadline exceeded`]: 'apiservice_unreachable',
      [`${url}: Get "${url}": dial tcp 10.0.0.9:10250: connect: no route to host`]: 'apiservice_unreachable',
      [`${url}: Get "${url}": net/http: request canceled while waiting for connection`]:
        'apiservice_unreachable',
      'something new': 'apiservice_unavailable',
    }
    const apiService = { metadata: { name: 'v1.metrics.k8s.io' } }
    for (const [message, code] of Object.entries(said)) {
      const condition = { type: 'Available', status: 'False', reason: 'FailedDiscoveryCheck', message }
      const found = judgeCondition('v1.metrics.k8s.io', apiService, condition)
      expect(codes(found), message).to.deep.equal([code])
      expect(found[0]?.evidence).to.include(message)
    }
  })

  it('a front-proxy CA that is old, ends soon, is the one of all clients, or is no certificate', async () => {
    const nowMs = Date.now()
    const ca = async (fromDays: number, toDays: number) =>
      (await makeAuthority('front-proxy-ca', nowMs + fromDays * dayMs, nowMs + toDays * dayMs)).cert
    const judge = (pem: string, more: Record<string, string> = {}) =>
      codes(
        judgeAggregation({
          nowMs,
          apiServers: [],
          configMap: {
            'requestheader-client-ca-file': pem,
            'requestheader-allowed-names': '["front-proxy-client"]',
            'requestheader-username-headers': '["X-Remote-User"]',
            'requestheader-group-headers': '["X-Remote-Group"]',
            ...more,
          },
        }).findings,
      )
    const good = await ca(-1, 100)
    expect(judge(good)).to.deep.equal([])
    expect(judge(await ca(-30, -1))).to.deep.equal(['front_proxy_ca_expired'])
    // While one takes the place of the other, both stand there.
    expect(judge((await ca(-30, -1)) + good)).to.deep.equal([])
    expect(judge(await ca(-30, 3))).to.deep.equal(['front_proxy_ca_ends'])
    expect(judge('nonsense')).to.deep.equal(['front_proxy_ca_unreadable'])
    expect(judge('')).to.deep.equal(['aggregation_off'])
    expect(judge(good, { 'client-ca-file': good })).to.deep.equal([])
    expect(judge(good, { 'client-ca-file': good, 'requestheader-allowed-names': '[]' })).to.deep.equal([
      'front_proxy_ca_shared',
    ])
    expect(judge(good, { 'requestheader-username-headers': '[]' })).to.deep.equal(['request_headers_missing'])
    const apiServers = [
      { name: 'kube-apiserver-a', args: ['kube-apiserver', '--requestheader-client-ca-file=/x'] },
    ]
    const [bare] = judgeAggregation({ nowMs, configMap: undefined, apiServers }).findings.slice(-1)
    expect(bare).to.include({ code: 'aggregation_flags_missing' })
    expect(bare?.evidence).to.include('--proxy-client-cert-file, --proxy-client-key-file')
  })

  it('the names in a certificate: the flag that makes them do, or what to put into it', () => {
    const shown: Shown = {
      subject: 'CN=n1',
      issuer: 'CN=ca',
      names: '',
      validFrom: '',
      validTo: '',
      isSelfSigned: false,
    }
    const fix = (names: string) => {
      const outcome = {
        ok: false,
        reason: 'tls_name_mismatch',
        detail: 'x',
        shown: { ...shown, names },
      } as const
      const addresses = [
        { type: 'InternalIP', address: '10.0.0.1' },
        { type: 'Hostname', address: 'n1.example' },
      ]
      const asked = [{ node: 'n1', addresses, covered: false, outcome }]
      return judgeKubelets({ asked, nodes: 1, inCluster: true }).findings[0]?.fix
    }
    expect(fix('DNS:n1, IP Address:10.9.9.9')).to.match(/^--kubelet-tls-server-name=node/)
    expect(fix('DNS:n1.example')).to.match(/^--kubelet-preferred-address-types=Hostname/)
    expect(fix('DNS:another')).to.include('serverTLSBootstrap')
    expect(fix('')).to.include('serverTLSBootstrap')
  })

  it('a machine that has no way to the nodes: nothing, if the shards have one', () => {
    const outcome = { ok: false, reason: 'timeout', detail: 'x', shown: undefined } as const
    const asked = (covered: boolean): Asked[] => [{ node: 'n1', addresses: [], covered, outcome }]
    const judge = (all: Asked[], inCluster: boolean) =>
      codes(judgeKubelets({ asked: all, nodes: 1, inCluster }).findings)
    expect(judge(asked(true), false)).to.deep.equal([])
    expect(judge(asked(false), false)).to.deep.equal(['kubelets_out_of_reach'])
    expect(judge(asked(true), true)).to.deep.equal(['kubelet_timeout'])
  })

  it('clocks: what most say is right, be it against this machine', () => {
    const clock = (who: ClockOffset['who'], offsetMs: number): ClockOffset => ({ who, name: who, offsetMs })
    const judge = (...all: ClockOffset[]) => judgeClocks(all).findings
    expect(judge(clock('API server', 900), clock('Redis', -20), clock('kubelet', 4_000))).to.deep.equal([])
    const redis = judge(clock('API server', 0), clock('Redis', -3_600_000), clock('kubelet', 0))
    expect(redis[0]).to.include({
      code: 'clock_redis',
      severity: 'error',
      evidence: 'Redis is 3600 s behind',
    })
    const ours = judge(clock('API server', 60_000), clock('Redis', 60_100), clock('kubelet', 60_500))
    expect(ours[0]).to.include({
      code: 'clock_here',
      evidence: 'it is 60 s behind against most of the others',
    })
    expect(ours).to.have.length(1)
  })

  it('who keeps an APIService, by its marks and by who wrote which field', () => {
    const who = (metadata: object) =>
      keepersOf({ metadata: { name: 'x', ...metadata } }).map((each) => each.who)
    expect(who({ annotations: { 'objectset.rio.cattle.io/id': '' } })).to.deep.equal([
      'the deploy controller of k3s or RKE2',
    ])
    const wrote = (manager: string, field: string) => [
      { manager, time: '2026-01-01T00:00:00Z', fieldsV1: { 'f:spec': { [field]: {} } } },
    ]
    expect(who({ managedFields: wrote('eks', 'f:insecureSkipTLSVerify') })).to.deep.equal(['eks'])
    for (const usual of ['metrics-ring', 'kubectl-client-side-apply', 'helm'])
      expect(who({ managedFields: wrote(usual, 'f:caBundle') })).to.deep.equal([])
    expect(who({ managedFields: wrote('argocd-controller', 'f:service') })).to.deep.equal([])
  })

  it('a Redis that is old or nearly full', () => {
    const judge = (info: Record<string, string>) => {
      const facts = { answer: { ok: true, timeMs: 0, tookMs: 1 }, write: { ok: true } } as const
      return codes(judgeRedis({ ...facts, info: new Map(Object.entries(info)) }).findings)
    }
    expect(judge({ redis_version: '6.0.16' })).to.deep.equal(['redis_version'])
    expect(judge({ redis_version: '6.2.0', maxmemory: '0', maxmemory_policy: 'allkeys-lru' })).to.deep.equal(
      [],
    )
    expect(judge({ maxmemory: '100', used_memory: '95', maxmemory_policy: 'noeviction' })).to.deep.equal([
      'redis_nearly_full',
    ])
  })

  it('a ring without shards, nodes that nobody scrapes, and nodes that nobody serves', () => {
    const facts: CoverageFacts = {
      leases: [],
      silent: new Set(),
      nodes: ['a', 'b'],
      ring: undefined,
      failures: new Map([['b', { atMs: 1, by: 's2', reason: 'tls_name_mismatch: for db' }]]),
      served: { ok: true, nodes: new Set(['a']) },
      ringName: 'r',
      leaseNamespace: 'ns',
    }
    expect(codes(judgeCoverage(facts).findings)).to.deep.equal(['ring_empty', 'nodes_without_metrics'])
    const worst = [{ node: 'b', ageMs: 61_000, by: 's1' }]
    const ring = { shards: [], nodes: 2, late: 1, greatestAgeMs: 61_000, ages: [], worst }
    const late = judgeCoverage({ ...facts, ring }).findings
    // Why it is not served needs no second finding.
    expect(codes(late)).to.deep.equal(['ring_empty', 'nodes_unscraped'])
    expect(late[1]?.evidence).to.equal('b 61 s ago by s1 (s2 says: tls_name_mismatch: for db)')
    expect(late[1]?.fix).to.include('--kubelet-tls-server-name=node')
    const served = { ok: false, status: 503, message: 'no samples yet' } as const
    expect(judgeCoverage({ ...facts, served }).findings[1]).to.include({ code: 'metrics_refused' })
  })
})

describe('the flags of the doctor', () => {
  const deployment = (args: string[]) => ({
    metadata: { name: 'd', namespace: 'ns' },
    spec: { template: { spec: { serviceAccountName: 'sa', containers: [{ name: 'c', args }] } } },
  })

  it('are those of the Deployments where the command line says nothing', () => {
    const [tier] = installedTiers([
      deployment([
        'shard',
        '--kubelet-preferred-address-types=InternalIP,Hostname',
        '--kubelet-use-node-status-port',
        '--kubelet-certificate-authority=/etc/ca.crt',
        '--metric-resolution',
        '30s',
        '--ring-name=blue',
        '--identity=x',
        '--v=2',
      ]),
      deployment(['valkey-server', '--save', '']),
    ])
    expect(tier).to.include({ tier: 'shard', serviceAccount: 'sa' })
    const { args = [] } = tier ?? {}
    const { config, faults } = readDoctorConfig(['--ring-name=green'], {}, { args, filesAreHere: false })
    expect(faults).to.deep.equal([])
    expect(config).to.include({ ringName: 'green', intervalMs: 30_000, redis: undefined })
    expect(config.kubelet).to.deep.include({
      addressTypes: ['InternalIP', 'Hostname'],
      useNodeStatusPort: true,
      // A file of a pod is not here.
      caFile: undefined,
    })
    const given = readDoctorConfig(
      ['--kubelet-preferred-address-types=ExternalIP'],
      {},
      { args, filesAreHere: true },
    ).config
    expect(given.kubelet).to.deep.include({ addressTypes: ['ExternalIP'], caFile: '/etc/ca.crt' })
  })

  it('are, in a pod, those of its process 1', () => {
    const line = (...words: string[]) => runningTier(words.map((word) => `${word}\0`).join(''))
    const main = '/app/packages/cli/src/main.ts'
    expect(line('/app/bin/node', main, 'shard', '--ring-name', 'blue', '--v=2')).to.deep.equal({
      tier: 'shard',
      args: ['--ring-name=blue', '--v=2'],
    })
    expect(line('/app/bin/node', main, 'doctor')).to.equal(undefined)
    expect(line('/sbin/init')).to.equal(undefined)
    expect(runningTier('')).to.equal(undefined)
  })
})

describe('the report of the doctor', () => {
  it('has a line for each check and tells errors first, in lines of a screen', async () => {
    const finding = (severity: Finding['severity'], symptom: string): Finding => ({
      code: 'c',
      severity,
      symptom,
      evidence: 'seen there '.repeat(20).trim(),
      fix: 'do this',
    })
    const check = { result: 'findings', note: 'n', tookMs: 1 } as const
    const report = reportOf(
      [
        { ...check, check: 'one', findings: [finding('warning', 'may fail')] },
        { ...check, check: 'two', findings: [finding('error', 'fails')] },
        { check: 'three', result: 'skipped', note: 'not allowed', tookMs: 0, findings: [] },
      ],
      1234,
    )
    expect(report.findings.map(({ symptom }) => symptom)).to.deep.equal(['fails', 'may fail'])
    const text = drawReport(report, 80)
    expect(text).to.match(
      /^\[!!\] one .*^\[--\] three +not allowed$.*^1\. ERROR c: fails$.*^ {3}fix {2}do this$/ms,
    )
    expect(text).to.include('1 error and 1 warning, after 1.2 s. Not looked at: three.')
    expect(
      Math.max(
        ...text
          .split('\n')
          .slice(0, -1)
          .map(({ length }) => length),
      ),
    ).to.be.at.most(81)
  })
})

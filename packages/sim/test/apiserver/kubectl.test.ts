import { execFile, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { serviceAccounts } from '../../src/apiserver/bootstrap-policy.ts'
import { findKubectl } from '../../src/kubectl.ts'
import { type Fixture, lease, node, pod, startFixture } from './harness.ts'

const manifest = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: default}
data: {a: "1"}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec:
  group: metrics.k8s.io
  version: v1beta1
  service: {name: metrics-server, namespace: kube-system}
  insecureSkipTLSVerify: true
  groupPriorityMinimum: 100
  versionPriority: 100
`

describe('a real kubectl', function () {
  this.timeout(30_000)
  let fixture: Fixture
  let path: string
  before(async () => {
    fixture = await startFixture()
    path = await findKubectl()
    const { sink } = fixture.plane.apiserver
    for (const name of ['n1', 'n2']) sink.apply(node(name, { zone: name }))
    for (const name of ['a', 'b']) sink.apply(pod(name))
    sink.apply(lease('ring-0'))
  })
  after(() => fixture.close())

  async function kubectl(...args: string[]): Promise<string> {
    return kubectlAs(fixture.plane.kubeconfigPath, ...args)
  }
  async function kubectlAs(kubeconfig: string, ...args: string[]): Promise<string> {
    const env = { PATH: process.env.PATH, HOME: fixture.plane.dir, KUBECONFIG: kubeconfig }
    const { stdout } = await promisify(execFile)(path, ['--cache-dir', fixture.plane.dir, ...args], { env })
    return stdout
  }

  it('reads nodes, pods and leases, and what kinds there are', async () => {
    const [nodes, pods, leases, kinds, apiServices] = await Promise.all([
      kubectl('get', 'nodes', '-l', 'zone=n1', '--no-headers'),
      kubectl('get', 'pods', '-A', '-o', 'wide'),
      kubectl('get', 'leases', '-n', 'kube-system'),
      kubectl('api-resources'),
      kubectl('get', 'apiservices'),
    ])
    expect(nodes).to.match(/^n1 +Unknown .*\n$/)
    expect(pods)
      .to.match(/NAMESPACE +NAME +READY +STATUS/)
      .and.match(/default +a +0\/1 +Running .* n1/)
    expect(leases).to.match(/ring-0 +me/)
    expect(kinds).to.match(/leases +coordination.k8s.io\/v1 +true +Lease/)
    expect(apiServices).to.match(/v1.coordination.k8s.io +Local +True/)
  })

  it('applies, changes and deletes from a manifest, with the server validating', async () => {
    const file = join(fixture.plane.dir, 'manifest.yaml')
    writeFileSync(file, manifest)
    expect(await kubectl('apply', '-f', file)).to.match(/settings created\n.*metrics.k8s.io created/)
    writeFileSync(file, manifest.replace('"1"', '"2"'))
    expect(await kubectl('apply', '-f', file)).to.match(/settings configured\n.*unchanged/)
    expect(await kubectl('get', 'configmap', 'settings', '-o', 'jsonpath={.data.a}')).to.equal('2')
    expect(await kubectl('delete', '-f', file)).to.match(/deleted\n.*deleted/)
  })

  it('may do what its ServiceAccount may', async () => {
    const shard = fixture.plane.serviceAccountKubeconfig(serviceAccounts.shard, 'shard-7')
    expect(await kubectlAs(shard, 'auth', 'can-i', 'update', 'leases', '-n', 'kube-system')).to.equal('yes\n')
    const refused = await kubectlAs(shard, 'delete', 'node', 'n1').catch(({ stderr }) => stderr)
    expect(refused).to.match(
      /nodes "n1" is forbidden: User "system:serviceaccount:kube-system:metrics-ring-shard"/,
    )
    expect(
      await kubectl('auth', 'can-i', 'list', 'pods', '--as=nobody').catch(({ stdout }) => stdout),
    ).to.equal('no\n')
    expect(fixture.plane.apiserver.counters.requests({ client: 'shard-7', verb: 'delete' })).to.equal(1)
  })

  it('watches, and reads raw paths', async () => {
    const env = { PATH: process.env.PATH, KUBECONFIG: fixture.plane.kubeconfigPath, HOME: fixture.plane.dir }
    const watch = spawn(path, ['get', 'pods', '-w', '-o', 'name'], { env })
    let seen = ''
    const third = new Promise<void>((resolve) => {
      watch.stdout.on('data', (chunk) => {
        seen += chunk
        if (seen.includes('pod/b')) fixture.plane.apiserver.sink.apply(pod('c'))
        if (seen.includes('pod/c')) resolve()
      })
    })
    await third
    watch.kill()
    expect(await kubectl('get', '--raw', '/api/v1/nodes/n2')).to.match(/"name":"n2"/)
  })
})

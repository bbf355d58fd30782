import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { type Playground, rowNames, startPlayground, until } from './playground.ts'
import { kustomizeText } from './render.ts'

type Right = [boolean, account: string, ...what: string[]]

const overlays: Record<string, { pods: string[]; rights: Right[] }> = {
  sharded: {
    pods: [
      'metrics-ring-frontend',
      'metrics-ring-frontend',
      'metrics-ring-redis',
      'metrics-ring-shard',
      'metrics-ring-shard',
    ],
    rights: [
      [true, 'metrics-ring-shard', 'get', 'nodes', '--subresource=metrics'],
      [true, 'metrics-ring-shard', 'get', 'nodes', '--subresource=stats'],
      [true, 'metrics-ring-shard', 'update', 'leases', '-n', 'kube-system'],
      [false, 'metrics-ring-shard', 'update', 'leases', '-n', 'default'],
      [false, 'metrics-ring-shard', 'list', 'pods', '-A'],
      [false, 'metrics-ring-shard', 'get', 'nodes', '--subresource=proxy'],
      [false, 'metrics-ring-shard', 'get', 'secrets', '-n', 'kube-system'],
      [true, 'metrics-ring-frontend', 'list', 'pods', '-A'],
      [true, 'metrics-ring-frontend', 'create', 'subjectaccessreviews.authorization.k8s.io'],
      [true, 'metrics-ring-frontend', 'update', 'secrets/metrics-ring-serving', '-n', 'kube-system'],
      [false, 'metrics-ring-frontend', 'get', 'secrets', '-n', 'kube-system'],
      [false, 'metrics-ring-frontend', 'get', 'nodes', '--subresource=metrics'],
      [false, 'metrics-ring-frontend', 'get', 'nodes', '--subresource=proxy'],
      [false, 'metrics-ring-frontend', 'update', 'leases', '-n', 'kube-system'],
    ],
  },
  standalone: {
    pods: ['metrics-server'],
    rights: [
      [true, 'metrics-server', 'get', 'nodes', '--subresource=metrics'],
      [true, 'metrics-server', 'get', 'nodes', '--subresource=stats'],
      [true, 'metrics-server', 'list', 'pods', '-A'],
      [true, 'metrics-server', 'create', 'subjectaccessreviews.authorization.k8s.io'],
      [true, 'metrics-server', 'update', 'secrets/metrics-ring-serving', '-n', 'kube-system'],
      [false, 'metrics-server', 'get', 'secrets', '-n', 'kube-system'],
      [false, 'metrics-server', 'get', 'nodes', '--subresource=proxy'],
      [false, 'metrics-server', 'update', 'leases', '-n', 'kube-system'],
    ],
  },
}

/**
 * Everything comes from the manifests: args, env, Secrets, ports, probes, accounts, roles, Services, APIServices. What
 * runs is the tree of the image, as the manifests' user and with nothing to write to where the tests run as root.
 */
for (const [overlay, { pods: wantedPods, rights }] of Object.entries(overlays)) {
  describe(`the manifests of ${overlay}, applied to a cluster`, function () {
    this.timeout(60_000)
    let playground: Playground
    before(async () => {
      playground = await startPlayground()
      await playground.apply(await kustomizeText(overlay))
      await playground.played.reconcile()
    })
    after(() => playground.stop())
    afterEach(function () {
      if (this.currentTest?.state === 'failed') console.log(playground.logs())
    })

    it('bring kubectl top, of all nodes and pods', async () => {
      const { kubectl, cluster } = playground
      const nodes = cluster.model.nodes().map(({ name }) => name)
      const running = cluster.model.pods().filter(({ phase }) => phase === 'Running')
      await until(async () => {
        const [topNodes, topPods] = await Promise.all([
          kubectl('top', 'nodes', '--no-headers'),
          kubectl('top', 'pods', '-A', '--no-headers'),
        ])
        const seen = new Set(rowNames(topNodes))
        const missing = nodes.filter((name) => !seen.has(name))
        const pods = topPods.trimEnd().split('\n').length
        return missing.length > 0 || pods < running.length
          ? `${missing} and ${running.length - pods} pods`
          : ''
      }, 40_000)
    })

    it('have pods that all become ready', async () => {
      const pods = playground.played.pods()
      await until(async () => {
        const waiting = pods.filter(({ ready }) => !ready)
        return waiting.map(({ name }) => `${name} is not ready`).join(', ')
      }, 30_000)
      expect(pods.map(({ deployment }) => deployment).sort()).to.deep.equal(wantedPods)
    })

    it('may read /stats/summary of a kubelet that has nothing else', async () => {
      const { model, kubelets } = playground.cluster
      const [{ name = '' } = {}] = model.nodes()
      const fromMs = Date.now()
      await kubelets.setFault(name, { kind: 'noResource' })
      await until(async () => {
        const statuses = kubelets
          .requests(name)
          .flatMap(({ atMs, status }) => (atMs > fromMs ? [status] : []))
        return statuses.includes(404) && statuses.includes(200) ? '' : `answered with ${statuses}`
      }, 20_000)
      await kubelets.setFault(name, undefined)
    })

    it('run as who they say, and can write nowhere', async () => {
      if (process.getuid?.() !== 0) return
      for (const { process: child, container } of playground.played.pods()) {
        if (container.name === 'redis') continue
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
        expect(status)
          .to.match(/^Uid:\s65532\s65532/m)
          .and.match(/^CapEff:\s0+$/m)
        const [root] = readFileSync(`/proc/${child.pid}/mountinfo`, 'utf8').match(/^.* \/ \/ .*$/m) ?? []
        expect(root).to.match(/ \/ \/ ro/)
      }
    })

    it('make both APIServices available, verified', async () => {
      const { kubectl } = playground
      const path =
        '{range .items[*]}{.metadata.name} {.status.conditions[0].status} {.spec.caBundle}{"\\n"}{end}'
      const lines = (await kubectl('get', 'apiservices', '-o', `jsonpath=${path}`)).split('\n')
      const ours = lines.filter((line) => line.includes('.metrics.k8s.io '))
      expect(ours.map((line) => line.replace(/LS0tLS1CRUdJTi\S+/, 'PEM'))).to.deep.equal([
        'v1.metrics.k8s.io True PEM',
        'v1beta1.metrics.k8s.io True PEM',
      ])
    })

    it('leave what the frontends have written when they are applied again', async () => {
      const { kubectl, apply } = playground
      const written = () =>
        Promise.all([
          kubectl('get', 'apiservice', 'v1.metrics.k8s.io', '-o', 'jsonpath={.spec.caBundle}'),
          kubectl('get', 'secret', '-n', 'kube-system', 'metrics-ring-serving', '-o', 'jsonpath={.data}'),
        ])
      const before = await written()
      await apply(await kustomizeText(overlay))
      expect(await written()).to.deep.equal(before)
      expect(before[0]).to.have.length.above(100)
    })

    it('give each account its rights, and no more', async () => {
      const { kubectl } = playground
      const can = async (account: string, ...what: string[]) => {
        const as = `--as=system:serviceaccount:kube-system:${account}`
        const answer = await kubectl('auth', 'can-i', ...what, as).catch((error: Error) => error.message)
        return /^yes/.test(answer)
      }
      const found = await Promise.all(
        rights.map(async ([, account, ...what]) => [await can(account, ...what), account, ...what]),
      )
      expect(found).to.deep.equal(rights)
    })
  })
}

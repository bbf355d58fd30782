import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKubeClient, type KubeClient } from '@metrics-ring/common/kube/kube'
import { loadKubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { createLifecycle, type Lifecycle } from '@metrics-ring/common/lifecycle'
import { silentLog } from '@metrics-ring/common/log'
import { openStore } from '@metrics-ring/common/store/open-store'
import { createRedisStore } from '@metrics-ring/common/store/store-redis'
import { silentTelemetry } from '@metrics-ring/common/telemetry/telemetry'
import { pack } from '@metrics-ring/common/testing/record-objects'
import { type RedisServer, startRedisServer } from '@metrics-ring/common/testing/redis-server'
import { type ControlPlane, startControlPlane } from '@metrics-ring/sim/control-plane'
import { createModel, type Model } from '@metrics-ring/sim/model/model'
import { expect } from 'chai'
import { readFrontendConfig } from '../../src/config.ts'
import { type RunningFrontend, startFrontend } from '../../src/wire.ts'
import { container, usage } from '../builders.ts'

const service = { namespace: 'kube-system', name: 'metrics-server' }
const pods = '/apis/metrics.k8s.io/v1beta1/pods'

describe('a whole frontend', function () {
  this.timeout(30_000)
  let lifecycle: Lifecycle
  let redis: RedisServer
  let plane: ControlPlane
  let model: Model
  /** As an administrator, through the aggregation layer. */
  let client: KubeClient
  let argv: string[]

  beforeEach(async () => {
    lifecycle = createLifecycle((error) => process.stderr.write(`${error}\n`))
    redis = await startRedisServer()
    lifecycle.add(redis.stop)
    plane = await startControlPlane({ probeIntervalMs: 200, aggregatorRouting: true })
    lifecycle.add(plane.close)
    model = createModel({ nodes: 3, podsPerNode: 10, seed: 7 })
    model.publish(plane.apiserver.sink)
    client = createKubeClient(await loadKubeConfig(plane.kubeconfigPath))
    lifecycle.add(() => client.close())
    const dir = mkdtempSync(join(tmpdir(), 'frontend-whole-'))
    lifecycle.add(() => rmSync(dir, { recursive: true }))
    const pair = await plane.clusterCa.issue({
      commonName: 'metrics-server',
      dnsNames: ['metrics-server.kube-system.svc', 'localhost'],
      usages: ['serverAuth'],
    })
    writeFileSync(join(dir, 'tls.crt'), pair.certPem)
    writeFileSync(join(dir, 'tls.key'), pair.keyPem)
    argv = [
      `--redis-url=${redis.url}`,
      `--kubeconfig=${plane.serviceAccountKubeconfig('kube-system:metrics-ring-frontend')}`,
      '--secure-port=0',
      '--bind-address=127.0.0.1',
      `--tls-cert-file=${join(dir, 'tls.crt')}`,
      `--tls-private-key-file=${join(dir, 'tls.key')}`,
      '--shutdown-delay-duration=200ms',
    ]
    for (const version of ['v1', 'v1beta1']) {
      const caBundle = plane.clusterCa.certPem
      plane.apiserver.registerApiService({ group: 'metrics.k8s.io', version, service, caBundle })
    }
  })
  afterEach(() => lifecycle.stop())

  async function start(): Promise<RunningFrontend> {
    const { config, faults } = readFrontendConfig(argv, {})
    expect(faults).to.deep.equal([])
    const frontend = await startFrontend(config, {
      log: silentLog,
      env: {},
      store: openStore(config, silentLog),
      telemetry: silentTelemetry,
    })
    lifecycle.add(frontend.drain)
    return frontend
  }
  /** A sample of every node, as shards would write it. */
  async function sample(): Promise<void> {
    const store = createRedisStore({
      url: redis.url,
      ringName: 'metrics-ring',
      intervalMs: 15_000,
      onBadRecord: () => {},
      log: silentLog,
    })
    try {
      await eventually(async () => (await store.time()) > 0)
      const atMs = await store.time()
      for (const { name: node, uid, createdMs, pods } of model.nodes()) {
        const body = {
          node: { usage: usage({ atMs }) },
          pods: [...pods.values()].map(({ namespace, name, containers }) => ({
            namespace,
            name,
            containers: containers.map(({ template }) => container(atMs, { name: template.name })),
          })),
        }
        await store.commit({ node, uid, createdMs, atMs, by: 'test', tookMs: 1 }, pack(body), 0)
      }
    } finally {
      await store.close()
    }
  }
  async function isReady({ address }: RunningFrontend): Promise<boolean> {
    const probe = createKubeClient({
      server: `https://127.0.0.1:${address.port}`,
      tls: { rejectUnauthorized: false },
      token: async () => undefined,
    })
    const status = await probe.request('GET', '/readyz').then(
      (answer) => answer.status,
      () => 0,
    )
    await probe.close()
    return status === 200
  }
  /** What the kubelet and the endpoint controller do: whoever is ready gets requests. */
  async function publish(...frontends: RunningFrontend[]): Promise<void> {
    const ready = await Promise.all(frontends.map(isReady))
    const endpoints = frontends.map(({ address: { port } }, n) => ({
      host: '127.0.0.1',
      port,
      ready: ready[n] ?? false,
    }))
    plane.apiserver.setEndpoints(service.namespace, service.name, endpoints)
  }
  const list = async () => {
    const { status, body } = await client.request('GET', pods)
    const { items } = body as { items?: unknown[] }
    return { status, count: items?.length }
  }

  it('starts without Redis and API server, says what it waits for, and serves when they are there', async () => {
    await redis.kill()
    plane.apiserver.setOutage('down')
    const frontend = await start()
    expect(await isReady(frontend)).to.equal(false)
    await redis.restart()
    plane.apiserver.setOutage(undefined)
    await sample()
    await eventually(() => isReady(frontend))
    await publish(frontend)
    await eventually(async () => (await list()).status === 200)
    expect((await list()).count).to.equal(model.pods().length)
  })

  it('goes on serving what it has when Redis is gone, and takes up again when it is back, empty', async () => {
    await sample()
    const frontend = await start()
    await eventually(() => isReady(frontend))
    await publish(frontend)
    await eventually(async () => (await list()).status === 200)
    await redis.kill()
    await sleep(1_000)
    expect(await list()).to.deep.equal({ status: 200, count: model.pods().length })
    expect(await isReady(frontend)).to.equal(true)
    await redis.restart()
    await sample()
    await sleep(1_000)
    expect(await list()).to.deep.equal({ status: 200, count: model.pods().length })
  })

  it('is restarted one after the other under load, and no client sees anything but answers', async () => {
    await sample()
    let serving = [await start(), await start()]
    await eventually(async () => (await Promise.all(serving.map(isReady))).every(Boolean))
    await publish(...serving)
    await eventually(async () => (await list()).status === 200)
    const load = underLoad(list)
    for (let n = 0; n < 2; n++) {
      const [oldest, other] = serving as [RunningFrontend, RunningFrontend]
      const fresh = await start()
      await eventually(() => isReady(fresh))
      await publish(oldest, other, fresh)
      const drained = oldest.drain()
      await eventually(async () => !(await isReady(oldest)))
      await publish(oldest, other, fresh)
      await drained
      serving = [other, fresh]
      const before = load.answers.length
      await eventually(async () => load.answers.length >= before + 20)
    }
    const answers = await load.stop()
    expect(new Set(answers.map((each) => JSON.stringify(each)))).to.deep.equal(
      new Set([JSON.stringify({ status: 200, count: model.pods().length })]),
    )
  })
})

/** Asks again and again, four at a time. */
function underLoad<T>(ask: () => Promise<T>) {
  const answers: T[] = []
  let stopped = false
  const ended = Promise.all(
    [1, 2, 3, 4].map(async () => {
      while (!stopped) {
        answers.push(await ask())
        await sleep(20)
      }
    }),
  )
  return {
    /** Those that have come, also later. */
    answers,
    async stop() {
      stopped = true
      await ended
      return answers
    },
  }
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + 15_000
  while (!(await holds().catch(() => false))) {
    if (performance.now() > untilMs) throw new Error('waited 15 s in vain')
    await sleep(50)
  }
}

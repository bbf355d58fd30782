import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ServiceProcess, startProcess } from '@metrics-ring/cli/demo/process'
import { freePort } from '@metrics-ring/common/testing/free-port'
import { expect } from 'chai'
import { createHttpClient, readAccess } from '../../clients/http.ts'
import { type Installation, startInstallation } from '../installation.ts'
import { fuzz } from './fuzz.ts'
import { type Inspector, openInspector } from './inspector.ts'
import { sendRaw } from './raw.ts'
import type { Known } from './requests.ts'

const startMs = 30_000

/**
 * A frontend process under random requests. What it remembers of those who ask is bounded, and full after the warm-up.
 * @param counts of requests
 */
export function fuzzSuite({ warmUp, requests }: { warmUp: number; requests: number }): void {
  let installation: Installation
  let frontend: ServiceProcess
  let inspector: Inspector
  before(async () => {
    installation = await startInstallation({ nodes: 3, podsPerNode: 20, frontends: 1 })
    await installation.freeze()
    const inspectorPort = await freePort()
    frontend = await startInspectedFrontend(installation, inspectorPort)
    inspector = await openInspector(inspectorPort)
  })
  after(async () => {
    inspector?.close()
    frontend?.signal('SIGKILL')
    await frontend?.exited
    await installation?.stop()
  })

  it(`answers ${requests} random requests without a 5xx, without HTML, and forgets them`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 32)
    const known = whatIsKnown(installation)
    await fuzz(frontend.port, known, seed + 1, warmUp)
    const beforeBytes = await inspector.heapUsed()
    const { statuses, findings } = await fuzz(frontend.port, known, seed, requests)
    await sleep(1_000)
    const afterBytes = await inspector.heapUsed()
    const summary = `seed ${seed}; statuses ${JSON.stringify(Object.fromEntries(statuses))}; heap ${beforeBytes} → ${afterBytes} bytes`
    process.stdout.write(`        ${summary}\n`)
    expect(findings.slice(0, 5), summary).to.deep.equal([])
    expect(frontend.alive(), summary).to.equal(true)
    expect(afterBytes / beforeBytes, summary).to.be.within(0.8, 1.1)
  })

  it('survives what is no HTTP at all, and answers it with 400 or not', async () => {
    const seed = Math.floor(Math.random() * 2 ** 32)
    const answers = await sendRaw(frontend.port, seed, 300)
    const first = [...new Set(answers.map((answer) => answer.split('\r\n')[0] ?? ''))]
    expect(
      first.filter(
        (line) => line.startsWith('HTTP/') && !/^HTTP\/1.1 (100|400|403|404|408|417|431)/.test(line),
      ),
      `seed ${seed}`,
    ).to.deep.equal([])
    expect(
      answers.filter((answer) => /<html/i.test(answer)),
      `seed ${seed}`,
    ).to.deep.equal([])
    expect(frontend.alive()).to.equal(true)
    expect(await serves(frontend.port, installation.cluster.model.pods().length, installation)).to.equal(true)
  })
}

async function startInspectedFrontend(
  installation: Installation,
  inspectorPort: number,
): Promise<ServiceProcess> {
  const { cluster, redis, dir } = installation
  const port = await freePort()
  const kubeconfig = cluster.serviceAccountKubeconfig('kube-system:metrics-ring-frontend', 'frontend-fuzzed')
  const frontend = startProcess({
    name: 'frontend-fuzzed',
    port,
    args: [
      ...['frontend', `--kubeconfig=${kubeconfig}`, `--secure-port=${port}`, '--bind-address=127.0.0.1'],
      ...[
        `--cert-dir=${join(dir, 'fuzzed')}`,
        '--metric-resolution=3s',
        '--ring-name=demo',
        '--max-sample-age=1h',
      ],
    ],
    env: { REDIS_URL: redis.url, NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}` },
    logFile: join(dir, 'frontend-fuzzed.log'),
  })
  const deadlineMs = Date.now() + startMs
  const pods = installation.cluster.model.pods().length
  while (!(await serves(port, pods, installation))) {
    if (Date.now() > deadlineMs || !frontend.alive())
      throw new Error('the frontend to be fuzzed does not start')
    await sleep(100)
  }
  return frontend
}

async function serves(port: number, pods: number, { cluster }: Installation): Promise<boolean> {
  const { token } = readAccess(cluster.serviceAccountKubeconfig('default:viewer'))
  const client = createHttpClient({ url: `https://127.0.0.1:${port}`, token })
  try {
    const { status, text } = await client.get('/apis/metrics.k8s.io/v1/pods')
    return status === 200 && JSON.parse(text).items.length === pods
  } catch {
    return false
  } finally {
    client.close()
  }
}

function whatIsKnown({ cluster }: Installation): Known {
  const { model, apiserver } = cluster
  const masters = apiserver.tokens.issue({ name: 'fuzz', groups: ['system:masters', 'system:authenticated'] })
  const viewer = apiserver.tokens.issueForServiceAccount('default:viewer')
  const stranger = apiserver.tokens.issueForServiceAccount('default:stranger')
  return {
    namespaces: model.namespaces().map(({ name }) => name),
    pods: model.pods().map(({ name }) => name),
    nodes: model.nodes().map(({ name }) => name),
    tokens: [...new Array<string>(16).fill(masters), viewer, viewer, stranger, 'no-such-token'],
  }
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { issueFrontProxyClient } from '@metrics-ring/sim/apiserver/aggregator/aggregator'
import { type ApiServer, startApiServer } from '@metrics-ring/sim/apiserver/api-server'
import { writeKubeconfig } from '@metrics-ring/sim/apiserver/kubeconfig'
import type { Model } from '@metrics-ring/sim/model/model'
import { createAuthority } from '@metrics-ring/sim/pki'
import { encodeOnce } from '../encode-once.ts'
import { answerRequests } from '../peer.ts'
import { type ClusterSize, createCluster, shareOf } from './model.ts'
import { type Places, placesOf, selectorsOf } from './questions.ts'

/** The API server of the simulated cluster, in a process of its own. */
export type ControlPlaneRequest =
  | { do: 'start'; size: ClusterSize; kubeletProcesses: number }
  /** Where the kubelets listen; the cluster is published then, but for its nodes. */
  | { do: 'publish'; kubelets: Listening[] }
  /** Only so many nodes are there from now on. */
  | { do: 'nodes'; count: number }
  /** Writes a kubeconfig of a service account (`namespace:name`); `client` tells its holder apart in the counts. */
  | { do: 'account'; account: string; client: string }
  | { do: 'selectors'; count: number }
  | { do: 'reset' }
  | { do: 'counts' }

export type Listening = { node: string; address: string; port: number }

export type ControlPlane = {
  url: string
  /** PEM files: the cluster's CA, a serving certificate for `localhost`, a front proxy's client certificate, an administrator's. */
  files: Record<'ca' | 'cert' | 'key' | 'proxyCert' | 'proxyKey' | 'adminCert' | 'adminKey', string>
  places: Places
  /** JSON: of each kubelet process, the pods of its nodes. */
  podsFile: string
}

export type ApiCounts = {
  /** Requests begun since the last reset, and bytes of answers, by who asked. */
  clients: { client: string; requests: number; bytes: number }[]
  /** Open now. */
  watches: number
}

type Running = { apiserver: ApiServer; model: Model; dir: string; caPem: string }
let running: Running | undefined
/** Nodes that are published. */
let shown = 0

function show({ model, apiserver }: Running, count: number): void {
  const nodes = model.nodes()
  for (const { name } of nodes.slice(shown, count)) model.setReady(name, true)
  for (const { name } of nodes.slice(count, shown))
    apiserver.sink.remove({ apiVersion: 'v1', kind: 'Node', metadata: { name } })
  shown = count
}

answerRequests<ControlPlaneRequest>(
  async (request) => {
    if (request.do === 'start') return start(request)
    if (!running) throw new Error('not started')
    const { apiserver, model, dir, caPem } = running
    switch (request.do) {
      case 'publish':
        for (const { node, ...where } of request.kubelets) Object.assign(model.node(node), where)
        model.publish(apiserver.sink)
        shown = model.nodes().length
        show(running, 0)
        return encodeOnce(apiserver)
      case 'nodes':
        return show(running, request.count)
      case 'account': {
        const token = apiserver.tokens.issueForServiceAccount(request.account, request.client)
        return writeKubeconfig(join(dir, `${request.client}.kubeconfig`), apiserver.url, caPem, { token })
      }
      case 'selectors':
        return selectorsOf(model, request.count)
      case 'reset':
        return apiserver.counters.reset()
      case 'counts':
        return countsOf(apiserver)
    }
  },
  async () => {
    await running?.apiserver.close()
    if (running) rmSync(running.dir, { recursive: true, force: true })
  },
)

async function start({
  size,
  kubeletProcesses,
}: Extract<ControlPlaneRequest, { do: 'start' }>): Promise<ControlPlane> {
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-bench-plane-'))
  const [clusterCa, frontProxyCa] = [
    await createAuthority('kubernetes'),
    await createAuthority('front-proxy'),
  ]
  const apiserver = await startApiServer({ clusterCa, frontProxyCa })
  const model = createCluster(size)
  running = { apiserver, model, dir, caPem: clusterCa.certPem }
  const save = (name: string, text: string) => {
    writeFileSync(join(dir, name), text, { mode: 0o600 })
    return join(dir, name)
  }
  const serving = await clusterCa.issue({
    commonName: 'metrics-server',
    dnsNames: ['localhost'],
    usages: ['serverAuth'],
  })
  const proxy = await issueFrontProxyClient(frontProxyCa)
  const admin = await clusterCa.issue({
    commonName: 'kubernetes-admin',
    organizations: ['system:masters'],
    usages: ['clientAuth'],
  })
  return {
    url: apiserver.url,
    files: {
      ca: save('ca.crt', clusterCa.certPem),
      cert: save('tls.crt', serving.certPem),
      key: save('tls.key', serving.keyPem),
      proxyCert: save('proxy.crt', proxy.certPem),
      proxyKey: save('proxy.key', proxy.keyPem),
      adminCert: save('admin.crt', admin.certPem),
      adminKey: save('admin.key', admin.keyPem),
    },
    places: placesOf(model),
    podsFile: save('pods.json', JSON.stringify(podsByProcess(model, kubeletProcesses))),
  }
}

function podsByProcess(model: Model, of: number): string[][] {
  return Array.from({ length: of }, (_, index) =>
    shareOf(model, { index, of }).flatMap((node) => [...node.pods.keys()]),
  )
}

function countsOf({ counters, openWatches }: ApiServer): ApiCounts {
  const clients = [...Map.groupBy(counters.rows(), ({ client }) => client)].map(([client, rows]) => ({
    client,
    requests: rows.reduce((sum, row) => sum + row.requests, 0),
    bytes: rows.reduce((sum, row) => sum + row.bytes, 0),
  }))
  return { clients, watches: openWatches() }
}

import type { ApiServer } from '@metrics-ring/sim/apiserver/api-server'
import type { Model } from '@metrics-ring/sim/model/model'
import { type ApiPlane, publish, startApiPlane } from '../api-plane.ts'
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
  /** And an administrator's client certificate. */
  files: ApiPlane['files'] & Record<'adminCert' | 'adminKey', string>
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

type Running = { plane: ApiPlane; model: Model }
let running: Running | undefined
/** Nodes that are published. */
let shown = 0

function show({ model, plane }: Running, count: number): void {
  const nodes = model.nodes()
  for (const { name } of nodes.slice(shown, count)) model.setReady(name, true)
  for (const { name } of nodes.slice(count, shown))
    plane.apiserver.sink.remove({ apiVersion: 'v1', kind: 'Node', metadata: { name } })
  shown = count
}

answerRequests<ControlPlaneRequest>(
  async (request) => {
    if (request.do === 'start') return start(request)
    if (!running) throw new Error('not started')
    const { plane, model } = running
    const { apiserver } = plane
    switch (request.do) {
      case 'publish':
        for (const { node, ...where } of request.kubelets) Object.assign(model.node(node), where)
        publish(model, apiserver)
        shown = model.nodes().length
        return show(running, 0)
      case 'nodes':
        return show(running, request.count)
      case 'account':
        return plane.account(request.account, request.client)
      case 'selectors':
        return selectorsOf(model, request.count)
      case 'reset':
        return apiserver.counters.reset()
      case 'counts':
        return countsOf(apiserver)
    }
  },
  async () => running?.plane.close(),
)

async function start({
  size,
  kubeletProcesses,
}: Extract<ControlPlaneRequest, { do: 'start' }>): Promise<ControlPlane> {
  const plane = await startApiPlane()
  const model = createCluster(size)
  running = { plane, model }
  const admin = await plane.clusterCa.issue({
    commonName: 'kubernetes-admin',
    organizations: ['system:masters'],
    usages: ['clientAuth'],
  })
  return {
    url: plane.apiserver.url,
    files: {
      ...plane.files,
      adminCert: plane.save('admin.crt', admin.certPem),
      adminKey: plane.save('admin.key', admin.keyPem),
    },
    places: placesOf(model),
    podsFile: plane.save('pods.json', JSON.stringify(podsByProcess(model, kubeletProcesses))),
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

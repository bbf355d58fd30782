import type { Clock, Stop } from '@metrics-ring/common/clock'
import type { KubeClient } from '@metrics-ring/common/kube/kube'
import { partialListAccept } from '@metrics-ring/common/kube/partial-list'
import { createReflector, type KubeObject } from '@metrics-ring/common/kube/reflector'
import type { Log } from '@metrics-ring/common/log'
import { nodeObject, podObject } from './objects.ts'
import type { View } from './view.ts'

export type MetadataDeps = { client: KubeClient; clock: Clock; log: Log; view: View }

const accept = {
  list: partialListAccept,
  watch: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
}

/** Keeps the view's Node and Pod objects up to date, from now on. Only their metadata is asked for. */
export function followMetadata({ client, clock, log, view }: MetadataDeps) {
  const nodes = createReflector<KubeObject>({
    client,
    clock,
    log,
    path: '/api/v1/nodes',
    accept,
    handler: {
      upsert: ({ metadata }) => view.upsertNode(nodeObject(metadata)),
      remove: (_namespace, name) => view.removeNode(name),
      listing: view.listingNodes,
      listed: view.listedNodes,
    },
  })
  const pods = createReflector<KubeObject>({
    client,
    clock,
    log,
    path: '/api/v1/pods',
    // A pod that leaves this phase is reported as deleted.
    query: { fieldSelector: 'status.phase=Running' },
    accept,
    handler: {
      upsert: ({ metadata }) => view.upsertPod(podObject(metadata)),
      remove: (namespace, name) => view.removePod(namespace, name),
      listing: view.listingPods,
      listed: () => void view.listedPods(),
    },
  })
  const stops: Stop[] = [nodes.start(), pods.start()]
  return {
    nodesSynced: nodes.synced,
    podsSynced: pods.synced,
    stop() {
      for (const stop of stops) stop()
    },
  }
}

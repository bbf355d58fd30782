import type { KubeObject } from '../apiserver/objects.ts'
import type { ContainerState, NodeState, PodState } from '../model/types.ts'
import { rfc3339 } from './fields.ts'
import { sharedBy } from './workload.ts'

export function podObject(pod: PodState, node: NodeState): KubeObject {
  const parts = sharedBy(pod.workload)
  const created = rfc3339(pod.createdMs)
  const labels =
    pod.workload.kind === 'StatefulSet'
      ? { ...parts.labels, 'statefulset.kubernetes.io/pod-name': pod.name }
      : parts.labels
  const { annotations, ownerReferences, containers, tolerations } = parts
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      generateName: pod.name.replace(/[^-]*$/, ''),
      namespace: pod.namespace,
      uid: pod.uid,
      creationTimestamp: created,
      labels,
      annotations: { ...annotations, 'cni.projectcalico.org/podIP': `${pod.ip}/32` },
      ownerReferences,
      managedFields: parts.managedFields,
    },
    spec: {
      nodeName: pod.node,
      restartPolicy: 'Always',
      serviceAccountName: 'default',
      containers,
      tolerations,
    },
    status: podStatus(pod, node, created),
  }
}

function podStatus(pod: PodState, node: NodeState, created: string): object {
  const ready = pod.phase === 'Running' ? 'True' : 'False'
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: created }
  return {
    phase: pod.phase,
    conditions: ['Initialized', 'Ready', 'ContainersReady']
      .map((type) => ({ ...scheduled, type, status: type === 'Initialized' ? 'True' : ready }))
      .concat(scheduled),
    hostIP: node.address,
    podIP: pod.ip,
    podIPs: [{ ip: pod.ip }],
    startTime: created,
    qosClass: 'Burstable',
    containerStatuses: pod.containers.map((container) => containerStatus(pod, container)),
  }
}

function containerStatus(pod: PodState, { template, run, restarts }: ContainerState): object {
  const stopped =
    pod.phase === 'Pending'
      ? { waiting: { reason: 'ContainerCreating' } }
      : { terminated: { exitCode: pod.phase === 'Failed' ? 1 : 0, reason: 'Completed' } }
  return {
    name: template.name,
    image: template.image,
    imageID: `${template.image.split(':')[0]}@sha256:${pod.workload.uid.replaceAll('-', '').repeat(2)}`,
    containerID: `containerd://${pod.uid.replaceAll('-', '').repeat(2)}`,
    ready: run !== undefined,
    started: run !== undefined,
    restartCount: restarts,
    state: run ? { running: { startedAt: rfc3339(run.startMs) } } : stopped,
    lastState: restarts > 0 ? { terminated: { exitCode: 137, reason: 'OOMKilled' } } : {},
  }
}

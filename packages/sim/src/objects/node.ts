import type { KubeObject } from '../apiserver/objects.ts'
import type { NodeState } from '../model/types.ts'
import { elements, leaves, managedFields, rfc3339 } from './fields.ts'

const VERSION = 'v1.35.0'

/** As many images as a kubelet reports: the 50 largest. */
const IMAGES = Array.from({ length: 50 }, (_, at) => {
  const digest = (at + 1).toString(16).padStart(4, '0').repeat(16)
  const repository = `registry.example/platform/component-${at}`
  return {
    names: [`${repository}@sha256:${digest}`, `${repository}:v1.${at}.${at % 7}`],
    sizeBytes: 900_000_000 - at * 15_000_000,
  }
})

const PRESSURES = [
  {
    type: 'MemoryPressure',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
  },
  { type: 'DiskPressure', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' },
  { type: 'PIDPressure', reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available' },
]

/** Over 10 KB of JSON. `nowMs` becomes the last heartbeat. */
export function nodeObject(node: NodeState, nowMs: number): KubeObject {
  const memoryKi = node.memoryBytes / 1024
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: nodeMetadata(node),
    spec: {
      podCIDR: `10.${64 + (node.index >> 8)}.${node.index & 255}.0/24`,
      podCIDRs: [`10.${64 + (node.index >> 8)}.${node.index & 255}.0/24`],
      providerID: `sim:///${node.uid}`,
    },
    status: {
      addresses: [
        { type: 'InternalIP', address: node.address },
        { type: 'Hostname', address: node.name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: node.port } },
      capacity: {
        cpu: String(node.cores),
        memory: `${memoryKi}Ki`,
        pods: '110',
        'ephemeral-storage': '203056560Ki',
      },
      allocatable: {
        cpu: `${node.cores * 1000 - 100}m`,
        memory: `${memoryKi - 1_048_576}Ki`,
        pods: '110',
        'ephemeral-storage': '187136925Ki',
      },
      conditions: conditions(node, nowMs),
      images: IMAGES,
      nodeInfo: nodeInfo(node),
    },
  }
}

function nodeMetadata(node: NodeState): KubeObject['metadata'] {
  return {
    name: node.name,
    uid: node.uid,
    creationTimestamp: rfc3339(node.createdMs),
    labels: {
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/hostname': node.name,
      'kubernetes.io/os': 'linux',
      'node.kubernetes.io/instance-type': node.cores > 8 ? 'm5.4xlarge' : 'm5.2xlarge',
      'topology.kubernetes.io/zone': `zone-${'abc'[node.index % 3]}`,
      'topology.kubernetes.io/region': 'region-1',
    },
    annotations: {
      'node.alpha.kubernetes.io/ttl': '0',
      'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      'csi.volume.kubernetes.io/nodeid': JSON.stringify({ 'csi.example': node.uid }),
    },
    managedFields: [
      managedFields('kubelet', node.createdMs, {
        'f:metadata': {
          'f:annotations': leaves('volumes.kubernetes.io/controller-managed-attach-detach'),
          'f:labels': leaves('kubernetes.io/arch', 'kubernetes.io/hostname', 'kubernetes.io/os'),
        },
      }),
      managedFields('kubelet', node.createdMs, { 'f:status': statusFields() }, 'status'),
    ],
  }
}

function statusFields(): object {
  const types = ['DiskPressure', 'MemoryPressure', 'PIDPressure', 'Ready']
  const condition = leaves('lastHeartbeatTime', 'lastTransitionTime', 'message', 'reason', 'status', 'type')
  return {
    'f:allocatable': leaves('cpu', 'ephemeral-storage', 'memory', 'pods'),
    'f:conditions': elements('type', types, condition),
    'f:images': {},
    'f:nodeInfo': leaves('bootID', 'kernelVersion', 'systemUUID'),
  }
}

function conditions(node: NodeState, nowMs: number): object[] {
  const times = { lastHeartbeatTime: rfc3339(nowMs), lastTransitionTime: rfc3339(node.createdMs) }
  const ready = node.ready
    ? { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
    : { status: 'False', reason: 'KubeletNotReady', message: 'container runtime network not ready' }
  return [
    ...PRESSURES.map((pressure) => ({ ...pressure, ...times, status: 'False' })),
    { ...times, type: 'Ready', ...ready },
  ]
}

function nodeInfo(node: NodeState): object {
  return {
    architecture: 'amd64',
    bootID: node.uid,
    containerRuntimeVersion: 'containerd://2.1.4',
    kernelVersion: '6.12.30',
    kubeletVersion: VERSION,
    kubeProxyVersion: VERSION,
    machineID: node.uid.replaceAll('-', ''),
    operatingSystem: 'linux',
    osImage: 'Debian GNU/Linux 13 (trixie)',
    systemUUID: node.uid,
    ...(node.swapEnabled ? { swap: { capacity: 8 * 2 ** 30 } } : {}),
  }
}

import type { Curve } from './curve.ts'

/** One life of a container, from its start to its end; a restart begins another. */
export type Run = {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  /** Decides when the kubelet looks at it. */
  readonly seed: number
  /** nanocores */
  readonly cpu: Curve
  /** bytes */
  readonly memory: Curve
  /** bytes; absent where the node has no swap. */
  readonly swap?: Curve
  readonly startMs: number
  /** Infinity while it lives. */
  endMs: number
}

/** Runs together in one cgroup, and the CPU of runs too old to keep. */
export type Ledger = {
  runs: Run[]
  /** CPU of the runs no longer in `runs`, in nanocore-seconds. */
  folded: number
}

export type ContainerTemplate = {
  name: string
  image: string
  /** nanocores */
  cpu: Curve
  /** bytes */
  memory: Curve
  /** bytes; used on nodes with swap only. */
  swap: Curve
}

export type Workload = {
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet'
  namespace: string
  name: string
  uid: string
  /** Of the ReplicaSet or ControllerRevision that its pods belong to. */
  revision: string
  revisionUid: string
  createdMs: number
  containers: ContainerTemplate[]
  /** The ordinal of the next StatefulSet pod. */
  replicas: number
}

export type ContainerState = {
  readonly template: ContainerTemplate
  /** Absent while the pod is not running. */
  run?: Run
  restarts: number
}

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

export type PodState = Ledger & {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly node: string
  readonly workload: Workload
  readonly createdMs: number
  readonly containers: ContainerState[]
  readonly ip: string
  phase: Phase
}

export type NodeState = Ledger & {
  readonly name: string
  readonly uid: string
  readonly index: number
  readonly createdMs: number
  readonly bootMs: number
  readonly seed: number
  readonly cores: number
  readonly memoryBytes: number
  readonly swapEnabled: boolean
  /** What runs on the node outside of pods; nanocores and bytes. */
  readonly overhead: { cpu: Curve; memory: Curve }
  /** By namespace/name. */
  readonly pods: Map<string, PodState>
  ready: boolean
  /** Where the kubelet listens. */
  address: string
  port: number
  /** Grows whenever a container or pod of this node comes or goes. */
  version: number
}

export type Namespace = { name: string; uid: string; createdMs: number }

/** A node, a pod (`container` absent) or a container: what has a usage. */
export type Subject = { node: string } | { namespace: string; pod: string; container?: string }

/** How long an ended run is kept for questions about the past, in milliseconds. */
export const HISTORY_MS = 15 * 60_000

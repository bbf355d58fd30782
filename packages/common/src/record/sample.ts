/** One subject's (a node's or a container's) cumulative readings at one moment of the kubelet's clock. */
export type Point = {
  /** The kubelet's own timestamp of the reading, milliseconds since the epoch. */
  timestampMs: number
  /** CPU consumed since the subject started, core-nanoseconds. A bigint: a large node passes 2^53 in weeks. */
  cpuNs: bigint
  /** Working set, bytes. */
  memoryBytes: number
  /** Swap in use, bytes; absent where the kubelet does not report it. */
  swapBytes?: number
  /** When the subject started, milliseconds since the epoch; absent where the kubelet does not say (nodes). */
  startMs?: number
}

/** A container the kubelet named. Its point is undefined while a series it needs (CPU, memory) is missing. */
export type ContainerSample = { name: string; point: Point | undefined }

export type PodSample = { namespace: string; name: string; containers: ContainerSample[] }

/** What one kubelet said at one moment: the node's point and each container's, each with its own timestamp. */
export type Sample = { node: Point | undefined; pods: PodSample[] }

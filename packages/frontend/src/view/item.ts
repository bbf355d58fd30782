/** What is served of one subject, as integers; texts are made in the renderers. */
export type ItemUsage = {
  /** Nanocores. */
  cpuNanocores: number
  /** Working set, bytes. */
  memoryBytes: number
  /** Swap, bytes; absent where it is not reported or not asked for. */
  swapBytes?: number
}

/** Labels of an object, keys in byte order. Equal label sets are one shared object: never write to it. */
export type Labels = Readonly<Record<string, string>>

/** A NodeMetrics, independent of representation. An item is a function of its record and its object's labels. */
export type NodeItem = {
  name: string
  labels: Labels
  /** Of the later point; also the item's creationTimestamp. Milliseconds since the epoch. */
  timestampMs: number
  windowMs: number
  usage: ItemUsage
}

/** A PodMetrics, independent of representation: all the pod's containers, in byte order of their names. */
export type PodItem = {
  namespace: string
  name: string
  labels: Labels
  /** Timestamp and window of the container whose timestamp is the earliest. */
  timestampMs: number
  windowMs: number
  containers: { name: string; usage: ItemUsage }[]
}

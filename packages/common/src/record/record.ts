/** What two points mean: ready to serve. */
export type Usage = {
  /** Timestamp of the later point, the kubelet's clock, milliseconds since the epoch. */
  timestampMs: number
  /** Time between the two points, milliseconds, > 0. */
  windowMs: number
  /** CPU, nanocores: an exact non-negative integer. */
  cpuNanocores: number
  /** Working set at the later point, bytes. */
  memoryBytes: number
  /** Swap at the later point, bytes. */
  swapBytes?: number
  /** When the scrape that brought the later point was sent, shared clock, milliseconds. Ages are judged by it. */
  atMs: number
}

/** The earlier point of the next usage, and when the scrape that brought it was sent (shared clock). */
export type Base = { timestampMs: number; cpuNs: bigint; startMs?: number; atMs: number }

/** What is known of a node or a container: its next base, and its usage once two points (or a start) gave one. */
export type Subject = {
  base?: Base
  usage?: Usage
  /** Start of the latest point, in place of the base where bases are left out (followers do not need them). */
  startMs?: number
}

export type ContainerRecord = Subject & {
  name: string
  /** The latest answer lacked this container; its usage is held for one interval. */
  absent?: true
}

export type PodRecord = { namespace: string; name: string; containers: ContainerRecord[] }

/** What the subjects of one node come to; the store keeps it without looking inside. */
export type RecordBody = { node: Subject; pods: PodRecord[] }

/** Who scraped which node when. */
export type Scrape = {
  /** Node name. */
  node: string
  /** uid of the Node object the shard saw. */
  uid: string
  /** creationTimestamp of that Node, milliseconds since the epoch: tells which of two uids is the later. */
  createdMs: number
  /** When the request was sent, shared clock, milliseconds. The store orders by it alone. */
  atMs: number
  /** Identity of the shard. */
  by: string
  /** How long the kubelet took to answer, milliseconds. */
  tookMs: number
}

/** What the store keeps for a node. */
export type NodeRecord = Scrape & {
  body: RecordBody
  /** Given by the store: greater than every earlier version of any node in this store epoch. */
  version: number
}

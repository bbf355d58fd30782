import { group, type Version } from '../answer/api.ts'

/** A JSON schema as far as we need one. References are bare names, see `openapi.ts`. */
export type Schema = {
  description?: string
  type?: 'object' | 'array' | 'string' | 'integer'
  format?: string
  required?: string[]
  properties?: Record<string, Schema>
  additionalProperties?: Schema
  items?: Schema
  $ref?: string
  allOf?: Schema[]
  'x-kubernetes-group-version-kind'?: { group: string; kind: string; version: string }[]
}

const conventions = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md'

/** Schemas of one version, by the short name of their type. */
export function metricsSchemas(version: Version): Record<string, Schema> {
  const usage: Schema = {
    description:
      'Usage by resource: cpu in cores over the window, memory as the working set in bytes, swap in bytes where it is reported.',
    type: 'object',
    additionalProperties: reference('Quantity'),
  }
  const kind = (name: string, required: string[], properties: Record<string, Schema>): Schema => ({
    description: descriptions[name] as string,
    type: 'object',
    required,
    properties: { ...typeMeta, ...properties },
    'x-kubernetes-group-version-kind': [{ group, kind: name, version }],
  })
  const list = (of: string, what: string) =>
    kind(`${of}List`, ['items'], {
      metadata: described('ListMeta', `Standard list metadata. More info: ${conventions}#types-kinds`),
      items: { description: what, type: 'array', items: reference(of) },
    })
  return {
    PodMetrics: kind('PodMetrics', ['timestamp', 'window', 'containers'], {
      ...interval,
      containers: {
        description: 'Metrics for all containers are collected within the same time window.',
        type: 'array',
        items: reference('ContainerMetrics'),
      },
    }),
    PodMetricsList: list('PodMetrics', 'List of pod metrics.'),
    ContainerMetrics: {
      description: descriptions.ContainerMetrics as string,
      type: 'object',
      required: ['name', 'usage'],
      properties: {
        name: {
          description: 'Container name corresponding to the one from pod.spec.containers.',
          type: 'string',
        },
        usage,
      },
    },
    NodeMetrics: kind('NodeMetrics', ['timestamp', 'window', 'usage'], { ...interval, usage }),
    NodeMetricsList: list('NodeMetrics', 'List of node metrics.'),
  }
}

const text = (description: string): Schema => ({ description, type: 'string' })
const texts = (description: string): Schema => ({
  description,
  type: 'object',
  additionalProperties: { type: 'string' },
})

/** Types of apimachinery that ours are made of, with the fields that we fill. */
export const metaSchemas: Readonly<Record<string, Schema>> = {
  ObjectMeta: {
    description:
      'ObjectMeta is metadata that all persisted resources must have. These are the fields that metrics have.',
    type: 'object',
    properties: {
      name: text('Name of the pod or node.'),
      namespace: text('Namespace of the pod; a node has none.'),
      creationTimestamp: described('Time', 'The same as timestamp: a metric is made when it is measured.'),
      labels: texts('Labels of the pod or node. Label selectors are evaluated on them.'),
    },
  },
  ListMeta: {
    description: 'ListMeta describes metadata that lists have.',
    type: 'object',
    properties: {
      continue: text('Token for the next page, where the list was asked for with a limit and there is more.'),
      remainingItemCount: {
        description: 'Items on the pages that follow; absent where selectors are given.',
        type: 'integer',
        format: 'int64',
      },
    },
  },
  Time: { description: 'RFC 3339, UTC, whole seconds.', type: 'string', format: 'date-time' },
  Duration: {
    description: 'Duration is a Go duration such as 15s or 1m30s, marshalled as a string.',
    type: 'string',
  },
  Quantity: {
    description: 'Quantity is a number with a suffix: n, u, m, k, M, G, T, P, E or Ki, Mi, Gi, Ti, Pi, Ei.',
    type: 'string',
  },
}

const descriptions: Record<string, string> = {
  PodMetrics: 'PodMetrics sets resource usage metrics of a pod.',
  PodMetricsList: 'PodMetricsList is a list of PodMetrics.',
  ContainerMetrics: 'ContainerMetrics sets resource usage metrics of a container.',
  NodeMetrics: 'NodeMetrics sets resource usage metrics of a node.',
  NodeMetricsList: 'NodeMetricsList is a list of NodeMetrics.',
}

const typeMeta: Record<string, Schema> = {
  apiVersion: text(
    `APIVersion defines the versioned schema of this representation of an object. More info: ${conventions}#resources`,
  ),
  kind: text(
    `Kind is a string value representing the REST resource this object represents. More info: ${conventions}#types-kinds`,
  ),
}

const interval: Record<string, Schema> = {
  metadata: described('ObjectMeta', `Standard object's metadata. More info: ${conventions}#metadata`),
  timestamp: described(
    'Time',
    'The end of the interval [timestamp-window, timestamp] from which metrics were collected.',
  ),
  window: described(
    'Duration',
    'The length of the interval [timestamp-window, timestamp] from which metrics were collected.',
  ),
}

export function reference(name: string): Schema {
  return { $ref: name }
}

function described(name: string, description: string): Schema {
  return { description, allOf: [reference(name)] }
}

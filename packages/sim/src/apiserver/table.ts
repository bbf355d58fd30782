/** Tables, as kubectl and k9s ask for them: name and age of anything, and a little more of nodes and pods. */
import { partialText } from './encoding.ts'
import { at, type KubeObject, records, text } from './objects.ts'
import type { ResourceType } from './resources.ts'
import type { Entry } from './storage.ts'

type Column = { name: string; cell: (object: KubeObject) => string | number; priority?: number }

const columns: Record<string, readonly Column[]> = {
  nodes: [
    { name: 'Status', cell: nodeStatus },
    { name: 'Roles', cell: () => '<none>' },
    { name: 'Age', cell: age },
    { name: 'Version', cell: (node) => text(at(node, 'status', 'nodeInfo', 'kubeletVersion')) },
    { name: 'Internal-IP', cell: internalAddress, priority: 1 },
  ],
  pods: [
    { name: 'Ready', cell: readyContainers },
    { name: 'Status', cell: (pod) => text(at(pod, 'status', 'phase')) },
    { name: 'Restarts', cell: restarts },
    { name: 'Age', cell: age },
    { name: 'IP', cell: (pod) => text(at(pod, 'status', 'podIP')), priority: 1 },
    { name: 'Node', cell: (pod) => text(at(pod, 'spec', 'nodeName')), priority: 1 },
  ],
  leases: [
    { name: 'Holder', cell: (lease) => text(at(lease, 'spec', 'holderIdentity')) },
    { name: 'Age', cell: age },
  ],
  apiservices: [
    { name: 'Service', cell: serviceOf },
    { name: 'Available', cell: availability },
    { name: 'Age', cell: age },
  ],
}
const fallback: readonly Column[] = [{ name: 'Age', cell: age }]

export function tableOf(
  type: ResourceType,
  entries: readonly Entry[],
  version: string,
  query: URLSearchParams,
  resourceVersion: string,
  token?: string,
): string {
  const shown = columns[type.resource] ?? fallback
  const columnDefinitions = [
    { name: 'Name', type: 'string', format: 'name', description: 'Name of the object', priority: 0 },
    ...shown.map(({ name, priority = 0 }) => ({
      name,
      type: 'string',
      format: '',
      description: name,
      priority,
    })),
  ]
  const metadata = { resourceVersion, ...(token && { continue: token }) }
  const head = { kind: 'Table', apiVersion: `meta.k8s.io/${version}`, metadata, columnDefinitions }
  const rows = entries.map((entry) => row(entry, shown, version, query.get('includeObject')))
  return `${JSON.stringify(head).slice(0, -1)},"rows":[${rows.join(',')}]}`
}

function row(entry: Entry, shown: readonly Column[], version: string, include: string | null): string {
  const cells = JSON.stringify([entry.object.metadata.name, ...shown.map(({ cell }) => cell(entry.object))])
  if (include === 'None') return `{"cells":${cells},"object":null}`
  const object = include === 'Object' ? JSON.stringify(entry.object) : partialText(entry, version)
  return `{"cells":${cells},"object":${object}}`
}

function age(object: KubeObject): string {
  const seconds = Math.max(
    0,
    Math.floor((Date.now() - Date.parse(object.metadata.creationTimestamp ?? '')) / 1000),
  )
  if (!Number.isFinite(seconds)) return '<unknown>'
  if (seconds < 120) return `${seconds}s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}

function condition(object: KubeObject, type: string): Record<string, unknown> | undefined {
  return records(at(object, 'status', 'conditions')).find((each) => each.type === type)
}

function nodeStatus(node: KubeObject): string {
  const ready = condition(node, 'Ready')
  if (!ready) return 'Unknown'
  return ready.status === 'True' ? 'Ready' : 'NotReady'
}

function internalAddress(node: KubeObject): string {
  const found = records(at(node, 'status', 'addresses')).find((each) => each.type === 'InternalIP')
  return text(found?.address)
}

function containerStatuses(pod: KubeObject): Record<string, unknown>[] {
  return records(at(pod, 'status', 'containerStatuses'))
}

function readyContainers(pod: KubeObject): string {
  const ready = containerStatuses(pod).filter((each) => each.ready === true).length
  return `${ready}/${records(at(pod, 'spec', 'containers')).length}`
}

function restarts(pod: KubeObject): string {
  return String(containerStatuses(pod).reduce((sum, each) => sum + Number(each.restartCount ?? 0), 0))
}

function serviceOf(apiService: KubeObject): string {
  const service = at(apiService, 'spec', 'service')
  return service ? `${at(service, 'namespace')}/${at(service, 'name')}` : 'Local'
}

function availability(apiService: KubeObject): string {
  const available = condition(apiService, 'Available')
  if (!available) return 'Unknown'
  return available.status === 'True' ? 'True' : `False (${available.reason})`
}

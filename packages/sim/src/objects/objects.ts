import type { KubeObject } from '../apiserver/objects.ts'
import type { Namespace } from '../model/types.ts'
import { leaves, managedFields, rfc3339 } from './fields.ts'

export type { KubeObject, ObjectSink } from '../apiserver/objects.ts'
export { nodeObject } from './node.ts'
export { podObject } from './pod.ts'

/**
 * Objects of the size that real ones have: 2 KB of metadata (protobuf) for a pod, 10 KB for a Node. Pods of a workload
 * share the parts in which they do not differ, so receivers may replace parts of an object and change none.
 */

export function namespaceObject(namespace: Namespace): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: namespace.name,
      uid: namespace.uid,
      creationTimestamp: rfc3339(namespace.createdMs),
      labels: { 'kubernetes.io/metadata.name': namespace.name },
      managedFields: [
        managedFields('kubectl-create', namespace.createdMs, {
          'f:metadata': { 'f:labels': leaves('kubernetes.io/metadata.name') },
        }),
      ],
    },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  }
}

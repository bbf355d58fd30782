import type { Workload } from '../model/types.ts'
import { elements, leaves, type ManagedFields, managedFields, rfc3339 } from './fields.ts'

type SharedParts = {
  labels: Record<string, string>
  annotations: Record<string, string>
  ownerReferences: object[]
  managedFields: ManagedFields[]
  containers: object[]
  tolerations: object[]
}

const sharedParts = new WeakMap<Workload, SharedParts>()

/** The parts of its pods that are the same in each. */
export function sharedBy(workload: Workload): SharedParts {
  const known = sharedParts.get(workload)
  if (known) return known
  const made = shared(workload)
  sharedParts.set(workload, made)
  return made
}

function shared(workload: Workload): SharedParts {
  const deployment = workload.kind === 'Deployment'
  return {
    labels: {
      'app.kubernetes.io/name': workload.name,
      'app.kubernetes.io/component': workload.name.replace(/-[^-]*$/, ''),
      'app.kubernetes.io/managed-by': 'Helm',
      'app.kubernetes.io/part-of': workload.namespace,
      [deployment ? 'pod-template-hash' : 'controller-revision-hash']: workload.revision,
    },
    annotations: {
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '8080',
      'checksum/config': workload.uid.replaceAll('-', '').repeat(2),
      'kubectl.kubernetes.io/restartedAt': rfc3339(workload.createdMs),
      'cni.projectcalico.org/containerID': workload.revisionUid.replaceAll('-', '').repeat(2),
    },
    ownerReferences: [
      {
        apiVersion: 'apps/v1',
        kind: deployment ? 'ReplicaSet' : workload.kind,
        name: deployment ? `${workload.name}-${workload.revision}` : workload.name,
        uid: deployment ? workload.revisionUid : workload.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
    managedFields: podFields(workload),
    containers: workload.containers.map(({ name, image }) => containerSpec(name, image)),
    tolerations: ['not-ready', 'unreachable'].map((key) => ({
      key: `node.kubernetes.io/${key}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    })),
  }
}

function podFields(workload: Workload): ManagedFields[] {
  const names = workload.containers.map(({ name }) => name)
  const container = {
    ...leaves('image', 'imagePullPolicy', 'name', 'terminationMessagePath', 'terminationMessagePolicy'),
    'f:resources': { ...leaves(), 'f:limits': leaves('memory'), 'f:requests': leaves('cpu', 'memory') },
  }
  const condition = leaves('lastProbeTime', 'lastTransitionTime', 'status', 'type')
  return [
    managedFields('kube-controller-manager', workload.createdMs, {
      'f:metadata': {
        'f:generateName': {},
        'f:labels': leaves('app.kubernetes.io/name', 'app.kubernetes.io/part-of', 'pod-template-hash'),
        'f:ownerReferences': elements('uid', [workload.revisionUid], {}),
      },
      'f:spec': {
        'f:containers': elements('name', names, container),
        ...leaves(
          'dnsPolicy',
          'enableServiceLinks',
          'restartPolicy',
          'schedulerName',
          'securityContext',
          'terminationGracePeriodSeconds',
          'tolerations',
        ),
      },
    }),
    managedFields(
      'kubelet',
      workload.createdMs,
      {
        'f:status': {
          'f:conditions': elements('type', ['ContainersReady', 'Initialized', 'Ready'], condition),
          ...leaves('containerStatuses', 'hostIP', 'phase', 'podIP', 'podIPs', 'startTime'),
        },
      },
      'status',
    ),
  ]
}

function containerSpec(name: string, image: string): object {
  return {
    name,
    image,
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '1Gi' } },
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
  }
}

/** What is read of Kubernetes objects; all of it comes from outside, and may be missing. */
export type Meta = {
  name: string
  namespace?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  managedFields?: ManagedFields[]
}
export type ManagedFields = { manager?: string; time?: string; fieldsV1?: Record<string, unknown> }
export type Condition = { type: string; status: string; reason?: string; message?: string }

export type ApiService = {
  metadata: Meta
  spec?: {
    service?: { namespace: string; name: string; port?: number }
    caBundle?: string
    insecureSkipTLSVerify?: boolean
  }
  status?: { conditions?: Condition[] }
}
export type Service = {
  metadata: Meta
  spec?: { selector?: Record<string, string>; ports?: { name?: string; port: number }[] }
}
export type EndpointSlice = {
  endpoints?: { addresses?: string[]; conditions?: { ready?: boolean } }[]
  ports?: { name?: string; port?: number }[]
}
export type Pod = {
  metadata: Meta
  spec?: { nodeName?: string; hostNetwork?: boolean; containers?: Container[] }
  status?: { phase?: string; conditions?: Condition[]; containerStatuses?: ContainerStatus[] }
}
type ContainerStatus = {
  ready?: boolean
  restartCount?: number
  state?: { waiting?: { reason?: string; message?: string } }
}
export type Container = {
  name: string
  args?: string[]
  command?: string[]
  ports?: { name?: string; containerPort: number }[]
}
export type Deployment = {
  metadata: Meta
  spec?: {
    replicas?: number
    template?: { spec?: { serviceAccountName?: string; hostNetwork?: boolean; containers?: Container[] } }
  }
  status?: { availableReplicas?: number }
}
export type Autoscaler = {
  metadata: Meta
  spec?: { scaleTargetRef?: { kind?: string; name?: string } }
  status?: { conditions?: Condition[] }
}

/** Why a pod does not run or is not ready, in the words of the cluster. */
export function podTrouble({ metadata, status }: Pod): string {
  const waiting = status?.containerStatuses?.find((each) => each.state?.waiting)?.state?.waiting
  if (waiting) return `${metadata.name}: ${[waiting.reason, waiting.message].filter(Boolean).join(': ')}`
  const condition = status?.conditions?.find((each) => each.status === 'False' && each.message)
  const { reason, message } = condition ?? {}
  return `${metadata.name}: ${status?.phase ?? 'unknown'}${message ? `, ${reason}: ${message}` : ''}`
}

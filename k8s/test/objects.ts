/** What the tests read of a manifest; everything else is unknown to them. */
export type Container = {
  name: string
  image: string
  args?: string[]
  command?: string[]
  env?: {
    name: string
    value?: string
    valueFrom?: { secretKeyRef?: { name: string; key: string }; fieldRef?: { fieldPath: string } }
  }[]
  ports?: { name?: string; containerPort: number; protocol?: string }[]
  startupProbe?: Probe
  livenessProbe?: Probe
  readinessProbe?: Probe
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> }
  securityContext?: SecurityContext
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[]
}
export type Probe = {
  httpGet?: { path: string; port: string | number; scheme?: string }
  tcpSocket?: { port: string | number }
  timeoutSeconds?: number
  periodSeconds?: number
  failureThreshold?: number
}
export type SecurityContext = {
  runAsNonRoot?: boolean
  runAsUser?: number
  allowPrivilegeEscalation?: boolean
  privileged?: boolean
  readOnlyRootFilesystem?: boolean
  capabilities?: { drop?: string[]; add?: string[] }
  seccompProfile?: { type: string }
}
export type PodSpec = {
  serviceAccountName?: string
  automountServiceAccountToken?: boolean
  priorityClassName?: string
  terminationGracePeriodSeconds?: number
  hostNetwork?: boolean
  hostPID?: boolean
  hostIPC?: boolean
  securityContext?: SecurityContext
  containers: Container[]
  initContainers?: Container[]
  volumes?: ({ name: string } & Record<string, unknown>)[]
  topologySpreadConstraints?: { labelSelector?: Selector }[]
}
export type Labels = Record<string, string>
export type Selector = { matchLabels?: Labels; matchExpressions?: unknown[] }
export type PodTemplate = { metadata: { labels: Labels }; spec: PodSpec }
export type Rule = {
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
  nonResourceURLs?: string[]
  verbs: string[]
}

export type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels?: Labels; annotations?: Labels }
  data?: Record<string, string>
  stringData?: Record<string, string>
  rules?: Rule[]
  roleRef?: { kind: string; name: string }
  subjects?: { kind: string; name: string; namespace?: string }[]
  spec?: unknown
}

export type DeploymentSpec = {
  replicas?: number
  selector: Selector
  strategy?: { type?: string; rollingUpdate?: { maxSurge: number | string; maxUnavailable: number | string } }
  template: PodTemplate
}
export type ServiceSpec = {
  selector?: Labels
  ports: { name?: string; port: number; targetPort?: string | number }[]
}

export function identity({ apiVersion, kind, metadata }: Manifest): string {
  return `${apiVersion} ${kind} ${metadata.namespace ?? ''}/${metadata.name}`
}

export function ofKind(manifests: readonly Manifest[], kind: string): Manifest[] {
  return manifests.filter((each) => each.kind === kind)
}

export function deployments(
  manifests: readonly Manifest[],
): { manifest: Manifest; spec: DeploymentSpec; pod: PodSpec }[] {
  return ofKind(manifests, 'Deployment').map((manifest) => {
    const spec = manifest.spec as DeploymentSpec
    return { manifest, spec, pod: spec.template.spec }
  })
}

export function matches(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value)
}

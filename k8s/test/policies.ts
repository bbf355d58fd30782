/** What must hold for everything we ask a cluster to run. Each rule gives its faults, a sentence each. */
import { readStandaloneConfig } from '@metrics-ring/cli/standalone/standalone-config'
import { readFrontendConfig } from '@metrics-ring/frontend/config'
import { readShardConfig } from '@metrics-ring/shard/config'
import {
  type Container,
  deployments,
  identity,
  type Labels,
  type Manifest,
  matches,
  ofKind,
  type PodSpec,
  type Probe,
  type Rule,
  type SecurityContext,
  type Selector,
  type ServiceSpec,
} from './objects.ts'

export type Policy = (manifests: readonly Manifest[]) => string[]

/** A policy over pods: each pod template with the name of its Deployment. */
function overPods(check: (pod: PodSpec) => (string | false)[]): Policy {
  return (manifests) =>
    deployments(manifests).flatMap(({ manifest, pod }) =>
      check(pod)
        .filter((fault) => fault !== false)
        .map((fault) => `${manifest.metadata.name}: ${fault}`),
    )
}

function overContainers(check: (container: Container, pod: PodSpec) => (string | false)[]): Policy {
  return overPods((pod) =>
    [...pod.containers, ...(pod.initContainers ?? [])].flatMap((container) =>
      check(container, pod).map((fault) => fault && `${container.name} ${fault}`),
    ),
  )
}

const safeVolumes = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'projected', 'secret']

/** https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted */
const restrictedPods = overPods((pod) => [
  pod.hostNetwork === true && 'uses the network of the host',
  (pod.hostPID === true || pod.hostIPC === true) && 'uses a namespace of the host',
  ...(pod.volumes ?? []).map(
    (volume) =>
      !safeVolumes.some((kind) => kind in volume) && `volume ${volume.name} is of a kind that is not allowed`,
  ),
])
const restrictedContainers = overContainers((container, pod) => {
  const of = <K extends keyof SecurityContext>(key: K) =>
    container.securityContext?.[key] ?? pod.securityContext?.[key]
  const capabilities = container.securityContext?.capabilities
  return [
    of('privileged') === true && 'is privileged',
    of('allowPrivilegeEscalation') !== false && 'may escalate privileges',
    of('runAsNonRoot') !== true && 'may run as root',
    of('runAsUser') === 0 && 'runs as root',
    !(of('seccompProfile')?.type === 'RuntimeDefault') && 'has no seccomp profile',
    !capabilities?.drop?.includes('ALL') && 'keeps capabilities',
    (capabilities?.add ?? []).length > 0 && 'adds capabilities',
    container.securityContext?.readOnlyRootFilesystem !== true && 'may write to its root file system',
  ]
})

const requestsAndProbes = overContainers(({ resources, image, ...container }) => {
  const { requests } = resources ?? {}
  const probes = ['startupProbe', 'livenessProbe', 'readinessProbe'] as const
  return [
    !(requests?.cpu && requests.memory) && 'lacks requests',
    /(:latest|^[^:]*)$/.test(image) && `has an image that is not pinned: ${image}`,
    ...probes.map((name) => !container[name] && `has no ${name}`),
    ...probes.map(
      (name) => (container[name]?.timeoutSeconds ?? 1) < 3 && `${name}: a busy node needs longer`,
    ),
    ...probes.map((name) => probeFault(container[name], container)),
  ]
})

function probeFault(probe: Probe | undefined, { ports = [] }: Pick<Container, 'ports'>): string | false {
  const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port
  const found = ports.some(({ name, containerPort }) => name === port || containerPort === port)
  return probe !== undefined && !found && `has a probe of port ${port}, which it has not`
}

/** Nothing unneeded in RBAC: no wildcard, nothing that amounts to administering nodes or reading every Secret. */
const leastRights: Policy = (manifests) =>
  [...ofKind(manifests, 'ClusterRole'), ...ofKind(manifests, 'Role')].flatMap((role) =>
    (role.rules ?? []).flatMap((rule) => ruleFaults(rule).map((fault) => `${identity(role)}: ${fault}`)),
  )

function ruleFaults({ apiGroups = [], resources = [], nonResourceURLs = [], verbs, resourceNames }: Rule) {
  const faults: string[] = []
  if ([...apiGroups, ...resources, ...verbs, ...nonResourceURLs].includes('*')) faults.push('a wildcard')
  if (resources.some((each) => each === 'nodes/proxy')) faults.push('nodes/proxy')
  const named = (resourceNames ?? []).length > 0
  if (resources.includes('secrets') && !named) faults.push('Secrets without names')
  if (resources.includes('apiservices') && !named) faults.push('APIServices without names')
  for (const verb of ['impersonate', 'escalate', 'bind']) if (verbs.includes(verb)) faults.push(verb)
  return faults
}

/** Whatever names another object names one that is there. */
const references: Policy = (manifests) => {
  const has = (kind: string, name: string | undefined) =>
    ofKind(manifests, kind).some(({ metadata }) => metadata.name === name)
  const builtIn = ['system:auth-delegator', 'extension-apiserver-authentication-reader']
  const bindings = [...ofKind(manifests, 'ClusterRoleBinding'), ...ofKind(manifests, 'RoleBinding')]
  return [
    ...bindings.flatMap(({ metadata, roleRef, subjects = [] }) => [
      ...(roleRef && !builtIn.includes(roleRef.name) && !has(roleRef.kind, roleRef.name)
        ? [`${metadata.name}: no role ${roleRef.name}`]
        : []),
      ...subjects
        .filter(({ name }) => !has('ServiceAccount', name))
        .map(({ name }) => `${metadata.name}: no ServiceAccount ${name}`),
    ]),
    ...deployments(manifests).flatMap(({ manifest, pod }) =>
      pod.serviceAccountName && !has('ServiceAccount', pod.serviceAccountName)
        ? [`${manifest.metadata.name}: no ServiceAccount ${pod.serviceAccountName}`]
        : [],
    ),
    ...ofKind(manifests, 'APIService').flatMap(({ metadata, spec }) => {
      const { service } = spec as { service: { name: string; port: number } }
      const found = ofKind(manifests, 'Service').find((each) => each.metadata.name === service.name)
      const ports = (found?.spec as ServiceSpec | undefined)?.ports ?? []
      return ports.some(({ port }) => port === service.port) ? [] : [`${metadata.name}: no such Service`]
    }),
    ...ofKind(manifests, 'HorizontalPodAutoscaler').flatMap(({ metadata, spec }) => {
      const { kind, name } = (spec as { scaleTargetRef: { kind: string; name: string } }).scaleTargetRef
      return has(kind, name) ? [] : [`${metadata.name}: no ${kind} ${name}`]
    }),
  ]
}

/** Every selector selects pods, and a Deployment's exactly its own. */
const selectors: Policy = (manifests) => {
  const all = deployments(manifests)
  const pods = all.map(({ spec }) => spec.template)
  const selecting = (selector: Labels) => pods.filter(({ metadata }) => matches(selector, metadata.labels))
  const fault = (what: string, selector: Labels | undefined) =>
    !selector || Object.keys(selector).length === 0
      ? [`${what}: selects everything`]
      : selecting(selector).length === 0
        ? [`${what}: selects nothing`]
        : []
  return [
    ...all.flatMap(({ manifest, spec }) => {
      const { name } = manifest.metadata
      const chosen = selecting(spec.selector.matchLabels ?? {})
      const spread = (spec.template.spec.topologySpreadConstraints ?? []).flatMap(({ labelSelector }) =>
        fault(`${name} spreads`, labelSelector?.matchLabels),
      )
      return chosen.length === 1 && chosen[0] === spec.template
        ? spread
        : [`${name}: selects not its own pods`]
    }),
    ...ofKind(manifests, 'Service').flatMap(({ metadata, spec }) => {
      const { selector = {}, ports } = spec as ServiceSpec
      const containers = selecting(selector).flatMap((pod) => pod.spec.containers)
      const missing = ports.filter(({ port, targetPort = port }) =>
        containers.every((each) =>
          (each.ports ?? []).every(({ name, containerPort }) => ![name, containerPort].includes(targetPort)),
        ),
      )
      return [
        ...fault(`Service ${metadata.name}`, selector),
        ...missing.map(({ targetPort }) => `Service ${metadata.name}: no pod has port ${targetPort}`),
      ]
    }),
    ...ofKind(manifests, 'PodDisruptionBudget').flatMap(({ metadata, spec }) =>
      fault(`PDB ${metadata.name}`, (spec as { selector: Selector }).selector.matchLabels),
    ),
    ...ofKind(manifests, 'NetworkPolicy').flatMap(({ metadata, spec }) =>
      fault(`NetworkPolicy ${metadata.name}`, (spec as { podSelector: Selector }).podSelector.matchLabels),
    ),
  ]
}

/** A rollout of what is ours takes none away before another is ready, and leaves time to hand over. */
const rollouts: Policy = (manifests) =>
  ours(manifests).flatMap(({ name, manifest, pod, spec }) => {
    const { maxSurge, maxUnavailable } = spec.strategy?.rollingUpdate ?? {}
    return [
      ...(maxSurge === 1 && maxUnavailable === 0 ? [] : [`${manifest.metadata.name}: does not surge`]),
      ...((pod.terminationGracePeriodSeconds ?? 30) >= 60 ? [] : [`${name}: is killed before it has left`]),
      ...(pod.priorityClassName === 'system-cluster-critical' ? [] : [`${name}: has no priority`]),
    ]
  })

const readers = {
  shard: readShardConfig,
  frontend: readFrontendConfig,
  standalone: readStandaloneConfig,
}
const isCommand = (text: string | undefined): text is keyof typeof readers =>
  text !== undefined && text in readers

/** Our command lines are ones that we accept, and listen where the container says. */
const commandLines: Policy = (manifests) =>
  ours(manifests).flatMap(({ name, container, pod }) => {
    const [command, ...args] = container.args ?? []
    if (!isCommand(command)) return [`${name}: no command "${command}"`]
    const env = Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value ?? 'given']))
    const { config, faults } = readers[command](args, { ...env, REDIS_URL: 'redis://redis:6379' })
    const port = 'health' in config ? config.health.port : config.listen.port
    const delayMs = 'shutdownDelayMs' in config ? config.shutdownDelayMs + 60_000 : 45_000
    return [
      ...(command !== 'standalone' && env.REDIS_URL === undefined
        ? [`${name}: does not know where Redis is`]
        : []),
      ...faults.map((fault) => `${name}: ${fault}`),
      ...config.ignored.map((flag) => `${name}: --${flag} means nothing`),
      ...(container.ports?.some(({ containerPort }) => containerPort === port)
        ? []
        : [`${name}: port ${port}`]),
      ...(delayMs < (pod.terminationGracePeriodSeconds ?? 30) * 1_000
        ? []
        : [`${name}: takes longer to stop`]),
    ]
  })

/** Deployments of ours, with the one container that each has. */
function ours(manifests: readonly Manifest[]) {
  return deployments(manifests).flatMap((each) =>
    each.pod.containers
      .filter(({ image }) => /\/metrics-ring:/.test(image))
      .map((container) => ({ ...each, container, name: each.manifest.metadata.name })),
  )
}

/** API clients verify us: nothing is skipped. */
const verified: Policy = (manifests) =>
  ofKind(manifests, 'APIService')
    .filter(({ spec }) => (spec as { insecureSkipTLSVerify?: boolean }).insecureSkipTLSVerify === true)
    .map(({ metadata }) => `${metadata.name} skips TLS verification`)

const noDuplicates: Policy = (manifests) => {
  const names = manifests.map(identity)
  return names.filter((name, at) => names.indexOf(name) !== at).map((name) => `${name} is there twice`)
}

export const policies: Record<string, Policy> = {
  'pods are restricted': restrictedPods,
  'containers are restricted': restrictedContainers,
  'every container has requests, probes and a pinned image': requestsAndProbes,
  'nobody gets more rights than needed': leastRights,
  'what is named is there': references,
  'every selector matches its pods': selectors,
  'rollouts leave no gap': rollouts,
  'command lines are accepted': commandLines,
  'TLS is verified': verified,
  'no object is there twice': noDuplicates,
}

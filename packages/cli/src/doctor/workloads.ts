import { count, type Finding, type Found, some } from './finding.ts'
import { flagOf, type Installed } from './installed.ts'
import { type Autoscaler, type Pod, podTrouble } from './objects.ts'

export type WorkloadFacts = {
  tiers: readonly Installed[]
  /** Of our Deployments. */
  pods: readonly Pod[]
  autoscalers: readonly Autoscaler[]
}

/** Whether our pods run, where their port is free, and whether HPAs can use what is served. Pure. */
export function judgeWorkloads(facts: WorkloadFacts): Found {
  const { tiers, autoscalers } = facts
  const findings = [...tiers.flatMap((tier) => judgeTier(tier, facts.pods)), ...judgeAutoscalers(autoscalers)]
  const names = tiers.map(({ namespace, name }) => `${namespace}/${name}`)
  return {
    findings,
    note: `${names.length > 0 ? some(names) : 'no Deployment of metrics-ring'}; ${count(autoscalers.length, 'HPA')}`,
  }
}

function judgeTier(tier: Installed, pods: readonly Pod[]): Finding[] {
  const { deployment, namespace, name } = tier
  const wanted = deployment.spec?.replicas ?? 1
  const available = deployment.status?.availableReplicas ?? 0
  const mine = pods.filter(({ metadata }) => metadata.name.startsWith(`${name}-`))
  const findings = judgePort(tier, mine)
  if (available >= wanted) return findings
  const trouble = mine.filter((pod) => !pod.status?.containerStatuses?.every(({ ready }) => ready))
  return [
    ...findings,
    {
      code: 'pods_not_ready',
      severity: available === 0 ? 'error' : 'warning',
      symptom: `${available} of ${count(wanted, 'pod')} of Deployment ${name} ready`,
      evidence: trouble.length > 0 ? some(trouble.map(podTrouble)) : 'it has no pods that are not ready',
      fix: `kubectl -n ${namespace} describe deployment ${name}; kubectl -n ${namespace} logs deploy/${name}`,
    },
  ]
}

const kubeletPort = 10250

/** Where a pod has its node's address, the kubelet has port 10250 already: with hostNetwork, and on Fargate. */
function judgePort(tier: Installed, pods: readonly Pod[]): Finding[] {
  const port = Number(flagOf(tier, tier.tier === 'shard' ? 'health-port' : 'secure-port') ?? 0)
  const { hostNetwork } = tier.deployment.spec?.template?.spec ?? {}
  const fargate = pods.filter(({ spec }) => spec?.nodeName?.startsWith('fargate-'))
  if (port !== kubeletPort || !(hostNetwork || fargate.length > 0)) return []
  const where = hostNetwork
    ? `Deployment ${tier.name} has hostNetwork: true`
    : `${some(fargate.map(({ metadata }) => metadata.name))} runs on Fargate`
  return [
    {
      code: 'port_of_kubelet',
      severity: 'error',
      symptom: `port ${kubeletPort} of the address of these pods belongs to the kubelet`,
      evidence: `${where}, and --secure-port=${port}`,
      fix: '--secure-port=4443, and containerPort with it (containerPort=4443 in the chart)',
    },
  ]
}

/** Kubernetes says so in the condition of the HPA, where few look: with a Utilization target every container needs a request. */
function judgeAutoscalers(autoscalers: readonly Autoscaler[]): Finding[] {
  const lacking = autoscalers.flatMap(({ metadata, spec, status }) => {
    const active = status?.conditions?.find(({ type }) => type === 'ScalingActive')
    const resource = /missing request for (\w+)/.exec(active?.message ?? '')?.[1]
    return active?.status === 'False' && resource
      ? [
          {
            metadata,
            who: `${metadata.namespace}/${metadata.name}`,
            ...active,
            resource,
            ...spec?.scaleTargetRef,
          },
        ]
      : []
  })
  const [first] = lacking
  if (!first) return []
  return [
    {
      code: 'hpa_without_requests',
      severity: 'warning',
      symptom: `${count(lacking.length, 'HPA')} cannot compute a share of requests, for a container has none`,
      evidence: `${some(lacking.map(({ who }) => who))}; ${first.who}: ${first.message}`,
      fix: `kubectl -n ${first.metadata.namespace} set resources ${first.kind}/${first.name} --requests=${first.resource}=… (every container, sidecars too), or use target type AverageValue`,
    },
  ]
}

import type { Model } from '@metrics-ring/sim/model/model'
import { bigDeployment, denseContainers } from './model.ts'

/** What a client asks for: namespaces and selectors of the simulated cluster, and how many pods each has. */
export type Places = {
  pods: number
  big: { namespace: string; pods: number; selector: string; selected: number; pod: string }
  deployment: { namespace: string; pods: number; selector: string }
  dense: { namespace: string; pods: number }
  /** Together a fair sample of the cluster, of moderate size. */
  sampled: string[]
}

const selectedPods = 50
const leastSampled = 6_000

export function placesOf(model: Model): Places {
  const all = model.pods()
  const byNamespace = Map.groupBy(all, (pod) => pod.namespace)
  const special = ['kube-system', bigDeployment, denseContainers]
  const usual = [...byNamespace]
    .filter(([name]) => !special.includes(name))
    .toSorted(([, a], [, b]) => b.length - a.length)
  const [[namespace, inside] = ['default', []], ...others] = usual
  const workloads = [...Map.groupBy(inside, ({ workload }) => workload)]
  const [workload, selected = []] =
    workloads
      .toSorted(([, a], [, b]) => b.length - a.length)
      .find(([, { length }]) => length <= selectedPods) ?? []
  const pods = (name: string) => byNamespace.get(name) ?? []
  return {
    pods: all.length,
    big: {
      namespace,
      pods: inside.length,
      selector: selectorOf(workload?.name),
      selected: selected.length,
      pod: selected[0]?.name ?? '',
    },
    deployment: {
      namespace: bigDeployment,
      pods: pods(bigDeployment).length,
      selector: selectorOf(pods(bigDeployment)[0]?.workload.name),
    },
    dense: { namespace: denseContainers, pods: pods(denseContainers).length },
    sampled: upTo(leastSampled, others),
  }
}

function selectorOf(workload = ''): string {
  return `app.kubernetes.io/name=${workload},app.kubernetes.io/managed-by=Helm`
}

/** The first namespaces that have so many pods together. */
function upTo(least: number, namespaces: [name: string, pods: readonly unknown[]][]): string[] {
  const names: string[] = []
  let sum = 0
  for (const [name, { length }] of namespaces) {
    if (sum >= least) break
    names.push(name)
    sum += length
  }
  return names
}

/** Selectors of so many workloads, as their HPAs would ask; again from the first when there are fewer. */
export function selectorsOf(model: Model, count: number): { namespace: string; selector: string }[] {
  const workloads = [...new Set(model.pods().map(({ workload }) => workload))]
  return Array.from({ length: count }, (_, index) => {
    const { namespace = '', name } = workloads[index % workloads.length] ?? {}
    return { namespace, selector: selectorOf(name) }
  })
}

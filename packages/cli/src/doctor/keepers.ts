import type { ApiService, Meta } from './objects.ts'

/** Somebody who applies an object again and again. */
export type Keeper = { who: string; sign: string; fix: string }

type Known = { who: string; keys: readonly string[]; fix: string }

const off =
  'switch its metrics-server off: minikube addons disable metrics-server, microk8s disable metrics-server, aws eks delete-addon --addon-name metrics-server; where that cannot be (GKE, AKS), leave v1beta1 to it'
const ignored =
  'kubectl get apiservice v1beta1.metrics.k8s.io -o yaml --show-managed-fields tells who; have it leave /spec/caBundle and /spec/insecureSkipTLSVerify of APIServices alone, or take metrics-server out of what it applies'

/** By label or annotation; each of them applies its source again when somebody else changes the object. */
const known: readonly Known[] = [
  { who: 'the add-on manager', keys: ['addonmanager.kubernetes.io/mode'], fix: off },
  { who: 'the add-on manager of AKS', keys: ['kubernetes.azure.com/managedby'], fix: off },
  {
    who: 'the deploy controller of k3s or RKE2',
    keys: ['objectset.rio.cattle.io/id', 'objectset.rio.cattle.io/hash'],
    fix: 'start the servers with --disable=metrics-server (k3s) or --disable=rke2-metrics-server (RKE2)',
  },
  {
    who: 'k0s',
    keys: ['k0s.k0sproject.io/stack'],
    fix: 'start the controllers with --disable-components=metrics-server',
  },
  {
    who: 'Argo CD',
    keys: ['argocd.argoproj.io/instance', 'argocd.argoproj.io/tracking-id'],
    fix: 'in its Application: ignoreDifferences for group apiregistration.k8s.io, kind APIService, jsonPointers /spec/caBundle and /spec/insecureSkipTLSVerify, with syncOptions RespectIgnoreDifferences=true',
  },
  { who: 'Flux', keys: ['kustomize.toolkit.fluxcd.io/name', 'helm.toolkit.fluxcd.io/name'], fix: ignored },
  { who: 'an OpenShift operator', keys: ['operator.openshift.io/spec-hash'], fix: off },
]

/** Field managers that write once, when somebody asks them to, and ourselves. */
const occasional =
  /^(metrics-ring|kubectl|helm|kustomize$|Go-http-client|kube-apiserver|before-first-apply|node-fetch)/i

/** The fields by which the API server verifies us. */
const trustFields = ['f:caBundle', 'f:insecureSkipTLSVerify']

/** Who seems to keep an APIService as somebody else wants it: first who is known by name. Pure. */
export function keepersOf({ metadata }: ApiService): Keeper[] {
  return [...byMarks(metadata), ...byFields(metadata)]
}

function byMarks({ labels = {}, annotations = {} }: Meta): Keeper[] {
  const marks = { ...labels, ...annotations }
  return known.flatMap(({ who, keys, fix }) => {
    const key = keys.find((each) => each in marks)
    return key === undefined ? [] : [{ who, sign: `${key}=${marks[key]}`, fix }]
  })
}

function byFields({ managedFields = [] }: Meta): Keeper[] {
  return managedFields.flatMap(({ manager = '', time, fieldsV1 }) => {
    const spec = (fieldsV1?.['f:spec'] ?? {}) as Record<string, unknown>
    const fields = trustFields.filter((each) => each in spec)
    if (fields.length === 0 || manager === '' || occasional.test(manager)) return []
    const sign = `field manager ${manager} wrote ${fields.map((each) => each.slice(2)).join(', ')} at ${time}`
    return [{ who: manager, sign, fix: ignored }]
  })
}

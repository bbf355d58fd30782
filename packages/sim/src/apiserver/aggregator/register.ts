/** Objects that put a server behind the aggregation layer. */
import type { KubeObject } from '../objects.ts'

export type ServiceEndpoint = { host?: string; port: number; ready?: boolean }
export type ApiServiceRegistration = {
  group: string
  version: string
  service: { namespace: string; name: string; port?: number }
  /** PEM of the authority that signs its serving certificates; without one the certificate is not verified. */
  caBundle?: string
  groupPriorityMinimum?: number
  versionPriority?: number
}

export function apiServiceObject(registration: ApiServiceRegistration): KubeObject {
  const {
    group,
    version,
    service,
    caBundle,
    groupPriorityMinimum = 100,
    versionPriority = 100,
  } = registration
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `${version}.${group}` },
    spec: {
      group,
      version,
      service: { port: 443, ...service },
      groupPriorityMinimum,
      versionPriority,
      ...(caBundle === undefined
        ? { insecureSkipTLSVerify: true }
        : { caBundle: Buffer.from(caBundle).toString('base64') }),
    },
  }
}

export function localApiService(group: string, version: string, groupPriorityMinimum: number): KubeObject {
  const status = { conditions: [{ type: 'Available', status: 'True', reason: 'Local' }] }
  const spec = { group, version, groupPriorityMinimum, versionPriority: 15 }
  const metadata = {
    name: `${version}.${group}`,
    labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' },
  }
  return { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata, spec, status }
}

/** A Service with a port 443 named https. */
export function serviceObject(namespace: string, name: string): KubeObject {
  const ports = [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 'https' }]
  const spec = {
    type: 'ClusterIP',
    clusterIP: '10.96.0.10',
    ports,
    selector: { 'app.kubernetes.io/name': name },
  }
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec }
}

/** One slice per endpoint: here every endpoint has a port of its own. */
export function sliceObject(
  namespace: string,
  service: string,
  { host = '127.0.0.1', port, ready = true }: ServiceEndpoint,
): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service}-${host.replaceAll('.', '-')}-${port}`,
      namespace,
      labels: { 'kubernetes.io/service-name': service },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [host], conditions: { ready, serving: true, terminating: false } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  }
}

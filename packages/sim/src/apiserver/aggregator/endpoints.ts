/** Where an APIService's requests go, by its Service and the ready endpoints of its EndpointSlices. */
import { at, type KubeObject, records, text, texts } from '../objects.ts'
import { findResource, type ResourceType } from '../resources.ts'
import type { Storage } from '../storage.ts'

export type Endpoint = { host: string; port: number }
export type Target = {
  /** `namespace/name:port` of the Service. */
  service: string
  /** The name its certificate must bear. */
  serverName: string
  caBundle: string | undefined
  insecure: boolean
}
export type Resolution = { endpoints: Endpoint[] } | { reason: string; message: string }

export function coreType(group: string, resource: string): ResourceType {
  const type = findResource(group, 'v1', resource)
  if (!type) throw new Error(`no resource ${resource}`)
  return type
}

export const apiServiceType = coreType('apiregistration.k8s.io', 'apiservices')
export const serviceType = coreType('', 'services')
export const sliceType = coreType('discovery.k8s.io', 'endpointslices')

/** Undefined for a Local APIService, which the API server answers itself. */
export function targetOf(apiService: KubeObject): Target | undefined {
  const service = at(apiService, 'spec', 'service')
  if (!service) return undefined
  const [namespace, name] = [text(at(service, 'namespace')), text(at(service, 'name'))]
  const bundle = text(at(apiService, 'spec', 'caBundle'))
  return {
    service: `${namespace}/${name}:${at(service, 'port') ?? 443}`,
    serverName: `${name}.${namespace}.svc`,
    caBundle: bundle === '' ? undefined : Buffer.from(bundle, 'base64').toString('utf8'),
    insecure: at(apiService, 'spec', 'insecureSkipTLSVerify') === true,
  }
}

/** The ready endpoints, or why there are none, in the words of the availability condition. */
export function resolve(storage: Storage, target: Target): Resolution {
  const [key = '', port = ''] = target.service.split(/:(?=\d+$)/)
  const [namespace = '', name = ''] = key.split('/')
  const what = `service/${name} in "${namespace}"`
  const service = storage.get(serviceType, key)?.object
  if (!service) return { reason: 'ServiceNotFound', message: `${what} is not present` }
  const ports = records(at(service, 'spec', 'ports'))
  const servicePort = ports.find((each) => each.port === Number(port))
  if (!servicePort) return { reason: 'ServicePortError', message: `${what} is not listening on port ${port}` }
  const slices = storage
    .list(sliceType, namespace)
    .filter(({ object }) => object.metadata.labels?.['kubernetes.io/service-name'] === name)
  if (slices.length === 0) {
    return { reason: 'EndpointsNotFound', message: `cannot find endpointslices for ${what}` }
  }
  const portName = text(servicePort.name)
  const endpoints = slices.flatMap(({ object }) => readyEndpoints(object, portName))
  if (endpoints.length > 0) return { endpoints }
  const message = `endpointslices for ${what} have no addresses with port name "${portName}"`
  return { reason: 'MissingEndpoints', message }
}

function readyEndpoints(slice: KubeObject, portName: string): Endpoint[] {
  const port = records(slice.ports).find((each) => text(each.name) === portName)
  if (typeof port?.port !== 'number') return []
  const { port: number } = port
  return records(slice.endpoints)
    .filter((endpoint) => at(endpoint, 'conditions', 'ready') !== false)
    .flatMap((endpoint) => texts(endpoint.addresses).map((host) => ({ host, port: number })))
}

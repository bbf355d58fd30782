/** Puts servers behind the aggregation layer, as a cluster's controllers would. */
import { isDeepStrictEqual } from 'node:util'
import type { ObjectSink } from '../objects.ts'
import type { Storage } from '../storage.ts'
import { serviceType, sliceType } from './endpoints.ts'
import {
  type ApiServiceRegistration,
  apiServiceObject,
  type ServiceEndpoint,
  serviceObject,
  sliceObject,
} from './register.ts'

export function createRegistration(storage: Storage, sink: ObjectSink) {
  return {
    registerApiService: (wanted: ApiServiceRegistration): void => sink.apply(apiServiceObject(wanted)),

    /** Makes the Service if need be, and its EndpointSlices exactly these: one per endpoint. */
    setEndpoints(namespace: string, name: string, endpoints: readonly ServiceEndpoint[]): void {
      if (!storage.get(serviceType, `${namespace}/${name}`)) sink.apply(serviceObject(namespace, name))
      const wanted = new Map(
        endpoints.map((endpoint) => {
          const slice = sliceObject(namespace, name, endpoint)
          return [slice.metadata.name, slice]
        }),
      )
      for (const { object } of storage.list(sliceType, namespace)) {
        if (object.metadata.labels?.['kubernetes.io/service-name'] !== name) continue
        const next = wanted.get(object.metadata.name)
        if (!next) sink.remove(object)
        else if (isDeepStrictEqual(next.endpoints, object.endpoints)) wanted.delete(object.metadata.name)
      }
      for (const slice of wanted.values()) sink.apply(slice)
    },
  }
}

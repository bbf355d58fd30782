import type { ApiServer } from '@metrics-ring/sim/apiserver/api-server'
import { partialListChunks } from '@metrics-ring/sim/apiserver/partial-protobuf'
import { resourceTypes } from '@metrics-ring/sim/apiserver/resources'

/** An API server has every object's bytes at hand; this one makes them the first time: before anybody is measured. */
export function encodeOnce({ storage }: ApiServer): void {
  const pods = resourceTypes.find(({ resource }) => resource === 'pods')
  if (!pods) return
  for (const entry of partialListChunks({ resourceVersion: '0' }, storage.list(pods))) void entry
}

/** The faults a client of Leases and APIServices can make that the real API server refuses. */
import { at, type KubeObject, text } from './objects.ts'
import type { ResourceType } from './resources.ts'
import { badRequest, invalid } from './status.ts'

const microTime = '2006-01-02T15:04:05.000000Z07:00'
const microTimePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/

/** @throws StatusError 400 for what does not decode, 422 for what decodes to nonsense */
export function validate(type: ResourceType, object: KubeObject): void {
  if (type.resource === 'leases') validateLease(object)
  if (type.resource === 'apiservices') validateApiService(object)
}

function validateLease(lease: KubeObject): void {
  for (const field of ['renewTime', 'acquireTime']) {
    const value = at(lease, 'spec', field)
    if (value === undefined || value === null) continue
    if (typeof value !== 'string' || !microTimePattern.test(value)) {
      throw badRequest(
        `Lease in version "v1" cannot be handled as a Lease: parsing time ${JSON.stringify(value)} as "${microTime}": cannot parse`,
      )
    }
  }
  const duration = at(lease, 'spec', 'leaseDurationSeconds')
  if (duration !== undefined && (!Number.isInteger(duration) || Number(duration) <= 0)) {
    const why = `spec.leaseDurationSeconds: Invalid value: ${duration}: must be greater than 0`
    throw invalid('Lease', lease.metadata.name, why)
  }
}

function validateApiService(apiService: KubeObject): void {
  const spec = at(apiService, 'spec')
  const expected = `${text(at(spec, 'version'))}.${text(at(spec, 'group'))}`
  const { name } = apiService.metadata
  if (name !== expected) {
    const why = `metadata.name: Invalid value: "${name}": must be \`spec.version+"."+spec.group\`: "${expected}"`
    throw invalid('APIService', name, why)
  }
  if (at(spec, 'insecureSkipTLSVerify') === true && at(spec, 'caBundle')) {
    const why = 'spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present'
    throw invalid('APIService', name, why)
  }
}

/** Bodies of writes: what they must be before anything is done with them. */
import { type Call, header, parseJson, readBody } from './http.ts'
import { isRecord, type Json, type KubeObject, text } from './objects.ts'
import { groupVersionOf, type ResourceType } from './resources.ts'
import { badRequest, invalid, StatusError } from './status.ts'
import { validate } from './validation.ts'

/** @throws StatusError 415 for anything but JSON, 400 and 422 for what the resource does not take */
export async function readObject(call: Call, type: ResourceType): Promise<KubeObject> {
  const contentType = (header(call.request, 'content-type') ?? 'application/json').split(';')[0]?.trim()
  const body = await readBody(call.request)
  if (contentType !== 'application/json') {
    const message = `the body of the request was in an unknown format - accepted media types include: application/json (got ${contentType})`
    throw new StatusError(415, 'UnsupportedMediaType', message)
  }
  return checkObject(call, type, parseJson(body))
}

/** The object with kind, apiVersion and namespace filled in. @throws as `readObject` */
export function checkObject({ info, query }: Call, type: ResourceType, body: Json): KubeObject {
  if (query.has('dryRun')) throw badRequest('dryRun is not served by the simulated API server')
  const groupVersion = groupVersionOf(type)
  if (!isRecord(body)) throw badRequest('the body is not an object')
  const { kind = type.kind, apiVersion = groupVersion } = body
  if (kind !== type.kind || apiVersion !== groupVersion) {
    throw badRequest(`${apiVersion} ${kind} cannot be handled as ${groupVersion} ${type.kind}`)
  }
  const metadata = isRecord(body.metadata) ? body.metadata : {}
  if (text(metadata.name) === '')
    throw invalid(type.kind, '', 'metadata.name: Required value: name is required')
  if (type.namespaced) {
    if (metadata.namespace !== undefined && metadata.namespace !== info.namespace) {
      throw badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      )
    }
    metadata.namespace = info.namespace
  }
  const object = { ...body, kind, apiVersion, metadata } as KubeObject
  if (type.resource === 'secrets') takeStringData(object)
  validate(type, object)
  return object
}

/** `stringData` is for writing only: it becomes `data`. */
function takeStringData(secret: KubeObject): void {
  const { stringData } = secret
  if (!isRecord(stringData)) return
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ])
  secret.data = { ...(isRecord(secret.data) ? secret.data : {}), ...Object.fromEntries(encoded) }
  delete secret.stringData
}

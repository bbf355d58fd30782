/** The three patch formats of the API server, on plain JSON. */
import { isRecord, type Json, text } from './objects.ts'
import { badRequest, StatusError } from './status.ts'

/** Key by which strategic merge joins the items of a list, by the list's field name. */
const mergeKeys: Record<string, string> = {
  addresses: 'type',
  conditions: 'type',
  containers: 'name',
  env: 'name',
  initContainers: 'name',
  ownerReferences: 'uid',
  ports: 'port',
  volumes: 'name',
}

/** @throws StatusError 415 for an unknown format, 400 or 422 for a patch that does not apply */
export function applyPatch(contentType: string, target: Json, patch: Json): Json {
  const type = contentType.split(';')[0]?.trim()
  if (type === 'application/merge-patch+json') return merge(target, patch, false)
  if (type === 'application/strategic-merge-patch+json') return merge(target, patch, true)
  if (type === 'application/json-patch+json') return applyOperations(target, patch)
  throw new StatusError(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json',
  )
}

function merge(target: Json, patch: Json, strategic: boolean): Json {
  if (!isRecord(patch)) return patch
  const result: Record<string, Json> = isRecord(target) ? { ...(target as Record<string, Json>) } : {}
  for (const [key, value] of Object.entries(patch as Record<string, Json>)) {
    if (strategic && key.startsWith('$')) continue
    const mergeKey = mergeKeys[key]
    const before = result[key] ?? null
    if (value === null) delete result[key]
    else if (strategic && mergeKey && Array.isArray(value) && Array.isArray(before)) {
      result[key] = mergeList(before, value, mergeKey)
    } else result[key] = merge(before, value, strategic)
  }
  return result
}

function mergeList(before: Json[], patch: Json[], mergeKey: string): Json[] {
  const result = [...before]
  for (const item of patch) {
    const keyed = (candidate: Json) =>
      isRecord(candidate) && isRecord(item) && candidate[mergeKey] === item[mergeKey]
    const found = result.findIndex(keyed)
    if (isRecord(item) && item.$patch === 'delete') {
      if (found >= 0) result.splice(found, 1)
    } else if (found >= 0) result[found] = merge(result[found] ?? null, item, true)
    else result.push(item)
  }
  return result
}

function applyOperations(target: Json, patch: Json): Json {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: expected a list of operations')
  const root = { '': structuredClone(target) }
  for (const operation of patch)
    if (isRecord(operation)) applyOperation(root, operation as Record<string, Json>)
  return root['']
}

function applyOperation(root: Json, operation: Record<string, Json>): void {
  const keys = `${text(operation.path)}`
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = keys.pop() ?? ''
  let parent: Json = root
  for (const key of keys.length === 0 ? [] : keys) parent = child(parent, key)
  const holder = keys.length === 0 ? (root as Record<string, Json>) : parent
  const value = operation.value ?? null
  if (operation.op === 'test') {
    if (JSON.stringify(child(holder, last)) !== JSON.stringify(value)) throw refused(operation)
  } else if (operation.op === 'add' || operation.op === 'replace')
    set(holder, last, value, operation.op === 'add')
  else if (operation.op === 'remove') unset(holder, last, operation)
  else throw badRequest(`unsupported operation ${text(operation.op)}`)
}

function child(parent: Json, key: string): Json {
  if (Array.isArray(parent)) return parent[Number(key)] ?? null
  return isRecord(parent) ? ((parent as Record<string, Json>)[key] ?? null) : null
}

function set(holder: Json, key: string, value: Json, inserts: boolean): void {
  if (Array.isArray(holder)) {
    const index = key === '-' ? holder.length : Number(key)
    holder.splice(index, inserts ? 0 : 1, value)
  } else if (isRecord(holder)) (holder as Record<string, Json>)[key] = value
  else throw badRequest(`doc is missing path: ${key}`)
}

function unset(holder: Json, key: string, operation: Record<string, Json>): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1)
  else if (isRecord(holder) && key in holder) delete (holder as Record<string, Json>)[key]
  else throw refused(operation)
}

function refused(operation: Record<string, Json>): StatusError {
  const message = `the server rejected our request due to an error in our request: ${text(operation.op)} ${text(operation.path)}`
  return new StatusError(422, 'Invalid', message)
}

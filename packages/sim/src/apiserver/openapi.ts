/** OpenAPI, as little of it as kubectl needs: which kinds exist and that writes are validated here. */
import { createHash } from 'node:crypto'
import { groupVersionOf, type ResourceType, resourceTypes } from './resources.ts'

export type PathItem = { serverRelativeURL: string }

const info = { title: 'Kubernetes', version: 'v1.34.0' }

export function openApiV2(): unknown {
  return { swagger: '2.0', info, paths: {}, definitions: {} }
}

function pathPrefix(groupVersion: string): string {
  return groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`
}

/** The root of v3: a document's address per group version. */
export function openApiV3Paths(): Record<string, PathItem> {
  const groupVersions = [...new Set(resourceTypes.map(groupVersionOf))]
  return Object.fromEntries(
    groupVersions.map((groupVersion) => {
      const prefix = pathPrefix(groupVersion)
      const hash = createHash('sha256')
        .update(JSON.stringify(openApiV3(prefix)))
        .digest('hex')
        .slice(0, 32)
      return [prefix, { serverRelativeURL: `/openapi/v3/${prefix}?hash=${hash}` }]
    }),
  )
}

/** The document of one group version by its path (`api/v1`), or undefined if there is none. */
export function openApiV3(prefix: string): unknown {
  const types = resourceTypes.filter((type) => pathPrefix(groupVersionOf(type)) === prefix)
  if (types.length === 0) return undefined
  return {
    openapi: '3.0.0',
    info,
    paths: Object.fromEntries(types.map((type) => [`/${prefix}/${pathOf(type)}`, operations(type)])),
    components: { schemas: Object.fromEntries(types.map((type) => [schemaName(type), schema(type)])) },
  }
}

function pathOf({ resource, namespaced }: ResourceType): string {
  return namespaced ? `namespaces/{namespace}/${resource}/{name}` : `${resource}/{name}`
}

function schemaName({ group, version, kind }: ResourceType): string {
  return `io.k8s.api.${group.split('.')[0] || 'core'}.${version}.${kind}`
}

function kindOf({ group, version, kind }: ResourceType): Record<string, string> {
  return { group, version, kind }
}

function operations(type: ResourceType): unknown {
  const parameter = (name: string) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } })
  const ok = { 200: { description: 'OK', content: { 'application/json': { schema: reference(type) } } } }
  const operation = (action: string, parameters: string[]) => ({
    operationId: `${action}${type.kind}`,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kindOf(type),
    parameters: parameters.map(parameter),
    responses: ok,
  })
  return {
    get: operation('get', []),
    patch: operation('patch', ['fieldValidation', 'fieldManager', 'force']),
  }
}

function reference(type: ResourceType): unknown {
  return { $ref: `#/components/schemas/${schemaName(type)}` }
}

function schema(type: ResourceType): unknown {
  const text = { type: 'string' }
  return {
    type: 'object',
    properties: { apiVersion: text, kind: text, metadata: { type: 'object' } },
    'x-kubernetes-group-version-kind': [kindOf(type)],
  }
}

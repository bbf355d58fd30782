import { apiVersion, group, kinds, type Resource, type Version } from '../answer/api.ts'

/** A parameter, independent of the version of OpenAPI. */
export type Parameter = {
  name: string
  in: 'path' | 'query'
  description: string
  required?: true
  type: 'string' | 'integer' | 'boolean'
}

/** One GET. */
export type Operation = {
  path: string
  description: string
  operationId: string
  /** `list` or `get`. */
  action: string
  gvk: { group: string; version: Version; kind: string }
  /** Short name of the schema of its answer. */
  answer: string
  parameters: Parameter[]
}

const pretty = query('pretty', 'boolean', 'If true, the output is indented.')
const listParameters = [
  query('labelSelector', 'string', 'Restricts the list by labels. Everything by default.'),
  query('fieldSelector', 'string', 'Restricts the list by metadata.name or metadata.namespace.'),
  query('limit', 'integer', 'The most items of an answer; the rest follows by continue.'),
  query('continue', 'string', 'The token that the page before this one ended with.'),
  pretty,
]

/** All that can be read in a version. */
export function operations(version: Version): Operation[] {
  return [
    operation(version, 'nodes', 'nodes', 'list'),
    operation(version, 'nodes', 'nodes/{name}', 'get'),
    operation(version, 'pods', 'pods', 'list', 'ForAllNamespaces'),
    operation(version, 'pods', 'namespaces/{namespace}/pods', 'list', '', 'Namespaced'),
    operation(version, 'pods', 'namespaces/{namespace}/pods/{name}', 'get', '', 'Namespaced'),
  ]
}

function operation(
  version: Version,
  resource: Resource,
  tail: string,
  action: 'list' | 'get',
  after = '',
  before = '',
): Operation {
  const kind = kinds[resource]
  const place = [...tail.matchAll(/\{(\w+)\}/g)].map(([, name]) => inPath(name as string))
  const versionName = version.replace(/^v/, 'V')
  return {
    path: `/apis/${apiVersion(version)}/${tail}`,
    description: action === 'list' ? `list objects of kind ${kind}` : `read the specified ${kind}`,
    operationId: `${action === 'list' ? 'list' : 'read'}Metrics${versionName}${before}${kind}${after}`,
    action,
    gvk: { group, version, kind },
    answer: action === 'list' ? `${kind}List` : kind,
    parameters: [...place, ...(action === 'list' ? listParameters : [pretty])],
  }
}

function inPath(name: string): Parameter {
  const description = name === 'name' ? 'name of the object' : 'namespace of the object'
  return { name, in: 'path', description, required: true, type: 'string' }
}

function query(name: string, type: Parameter['type'], description: string): Parameter {
  return { name, in: 'query', description, type }
}

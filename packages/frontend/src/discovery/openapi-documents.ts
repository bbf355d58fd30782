import { group, type Version, versions } from '../answer/api.ts'
import { contentTypes } from '../request/negotiate.ts'
import { type Operation, operations, type Parameter } from './openapi-paths.ts'
import { metaSchemas, metricsSchemas, type Schema } from './openapi-schemas.ts'

const title = 'metrics-ring'
const types = Object.values(contentTypes)

/** OpenAPI v3 of one version: all its schemas by name. */
export function openapiV3(version: Version, build: string): object {
  const named = (name: string) => fullName(name, version)
  const schemas = { ...metricsSchemas(version), ...metaSchemas }
  const linked = Object.entries(schemas).map(([name, schema]) => [
    named(name),
    mapped(schema, (short) => ({ $ref: `#/components/schemas/${named(short)}` })),
  ])
  const answerOf = ({ answer }: Operation) => ({
    description: 'OK',
    content: Object.fromEntries(
      types.map((type) => [type, { schema: { $ref: `#/components/schemas/${named(answer)}` } }]),
    ),
  })
  const parameterOf = ({ type, ...rest }: Parameter) => ({ ...rest, schema: { type } })
  return {
    openapi: '3.0.0',
    info: { title, version: build },
    paths: pathsOf([version], (each) => ({
      responses: { 200: answerOf(each) },
      parameters: each.parameters.map(parameterOf),
    })),
    components: { schemas: Object.fromEntries(linked) },
  }
}

/**
 * OpenAPI v2 of both versions. Types of apimachinery stand inside ours: under their own names the aggregator
 * would find them to differ from kube-apiserver's and rename, at some cost, one or the other.
 */
export function openapiV2(build: string): object {
  const definitions = versions.flatMap((version) => {
    const link = (short: string): Schema => {
      return metaSchemas[short] ? inlined(short) : { $ref: `#/definitions/${fullName(short, version)}` }
    }
    return Object.entries(metricsSchemas(version)).map(([name, schema]) => [
      fullName(name, version),
      mapped(schema, link),
    ])
  })
  return {
    swagger: '2.0',
    info: { title, version: build },
    paths: pathsOf(versions, ({ answer, gvk, parameters }) => ({
      produces: types,
      schemes: ['https'],
      parameters: parameters.map((each) => ({ ...each, uniqueItems: true })),
      responses: {
        200: { description: 'OK', schema: { $ref: `#/definitions/${fullName(answer, gvk.version)}` } },
      },
    })),
    definitions: Object.fromEntries(definitions),
  }
}

function inlined(short: string): Schema {
  return mapped(metaSchemas[short] as Schema, inlined)
}

function pathsOf(of: readonly Version[], rest: (operation: Operation) => object): object {
  const items = of.flatMap(operations).map((each) => {
    const { path, description, operationId, action, gvk } = each
    const get = {
      tags: [`metrics_${gvk.version}`],
      description,
      operationId,
      ...rest(each),
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': gvk,
    }
    return [path, { get }]
  })
  return Object.fromEntries(items)
}

/** A copy with every reference replaced. A description beside a reference stays, and the reference in `allOf`. */
function mapped(schema: Schema, link: (short: string) => Schema): Schema {
  if (schema.$ref !== undefined) return link(schema.$ref)
  const { allOf, properties, items, additionalProperties, ...plain } = schema
  const target = allOf?.[0]?.$ref === undefined ? undefined : link(allOf[0].$ref)
  if (target) return target.$ref === undefined ? { ...target, ...plain } : { ...plain, allOf: [target] }
  const each = (one: Schema) => mapped(one, link)
  return {
    ...plain,
    ...(items ? { items: each(items) } : {}),
    ...(additionalProperties ? { additionalProperties: each(additionalProperties) } : {}),
    ...(properties
      ? { properties: Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, each(one)])) }
      : {}),
  }
}

function fullName(short: string, version: Version): string {
  if (short === 'Quantity') return 'io.k8s.apimachinery.pkg.api.resource.Quantity'
  if (metaSchemas[short]) return `io.k8s.apimachinery.pkg.apis.meta.v1.${short}`
  return `io.k8s.metrics.pkg.apis.${group.split('.')[0]}.${version}.${short}`
}

/** Label and field selectors, by the grammar of k8s.io/apimachinery pkg/labels and pkg/fields. */
import type { KubeObject } from './objects.ts'
import type { ResourceType } from './resources.ts'
import { badRequest } from './status.ts'
import { fieldOf } from './storage.ts'

export type Predicate = (object: KubeObject) => boolean
type Labels = Readonly<Record<string, string>>
type LabelTest = (labels: Labels) => boolean

const none: Labels = {}

/** @throws StatusError 400 for a selector that does not parse */
export function parseLabelSelector(selector: string): (labels: Labels | undefined) => boolean {
  const tests = splitTopLevel(selector).map(parseRequirement)
  return (labels) => tests.every((test) => test(labels ?? none))
}

/** Splits at commas outside of parentheses. */
function splitTopLevel(selector: string): string[] {
  if (selector.trim() === '') return []
  return selector.split(/,(?![^(]*\))/)
}

const setPattern = /^\s*([^\s!=<>(),]+)\s+(in|notin)\s*\(([^()]*)\)\s*$/
const comparePattern = /^\s*([^\s!=<>(),]+)\s*(==|=|!=|>|<)\s*([^\s!=<>(),]*)\s*$/
const existsPattern = /^\s*(!?)\s*([^\s!=<>(),]+)\s*$/
const namePattern = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/

function parseRequirement(requirement: string): LabelTest {
  const set = setPattern.exec(requirement)
  if (set)
    return inSet(
      key(set[1]),
      set[2] === 'in',
      (set[3] ?? '').split(',').map((value) => label(value.trim())),
    )
  const compare = comparePattern.exec(requirement)
  if (compare) return comparison(key(compare[1]), compare[2] ?? '', label(compare[3] ?? ''))
  const exists = existsPattern.exec(requirement)
  if (!exists)
    throw badRequest(`unable to parse requirement: found '${requirement.trim()}', expected: identifier`)
  const name = key(exists[2])
  return exists[1] === '!'
    ? (labels) => !Object.hasOwn(labels, name)
    : (labels) => Object.hasOwn(labels, name)
}

function inSet(name: string, included: boolean, values: readonly string[]): LabelTest {
  const allowed = new Set(values)
  return (labels) => {
    const value = Object.hasOwn(labels, name) ? labels[name] : undefined
    return (value !== undefined && allowed.has(value)) === included
  }
}

function comparison(name: string, operator: string, value: string): LabelTest {
  if (operator === '=' || operator === '==') return inSet(name, true, [value])
  if (operator === '!=') return inSet(name, false, [value])
  if (!/^-?\d+$/.test(value)) throw badRequest(`for 'Gt', 'Lt' operators, the value must be an integer`)
  const bound = BigInt(value)
  return (labels) => {
    const actual = labels[name]
    if (actual === undefined || !/^-?\d+$/.test(actual)) return false
    return operator === '>' ? BigInt(actual) > bound : BigInt(actual) < bound
  }
}

function key(text: string | undefined): string {
  const slash = (text ?? '').lastIndexOf('/')
  const name = (text ?? '').slice(slash + 1)
  if (name === '' || !namePattern.test(name)) {
    throw badRequest(
      `unable to parse requirement: <nil>: Invalid value: "${text}": a valid label key is required`,
    )
  }
  return text ?? ''
}

function label(text: string): string {
  if (!namePattern.test(text)) {
    throw badRequest(
      `unable to parse requirement: values[0][x]: Invalid value: "${text}": a valid label must match`,
    )
  }
  return text
}

const podFields = [
  'spec.nodeName',
  'status.phase',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'status.podIP',
]
const eventFields = [
  'involvedObject.kind',
  'involvedObject.namespace',
  'involvedObject.name',
  'involvedObject.uid',
]

function fieldsOf(type: ResourceType): string[] {
  const own: Record<string, string[]> = {
    pods: podFields,
    nodes: ['spec.unschedulable'],
    events: [...eventFields, 'reason', 'type'],
    secrets: ['type'],
    namespaces: ['status.phase'],
  }
  return ['metadata.name', ...(type.namespaced ? ['metadata.namespace'] : []), ...(own[type.resource] ?? [])]
}

export type FieldTest = { path: string; equal: boolean; value: string }

/** @throws StatusError 400 for a syntax error or a field the resource has no index for */
export function parseFieldSelector(selector: string, type: ResourceType): FieldTest[] {
  const terms = selector.split(/(?<!\\),/).filter((term) => term !== '')
  return terms.map((term) => {
    const match = /^(.*?)(?<!\\)(!=|==|=)(.*)$/.exec(term)
    if (!match) throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`)
    const path = match[1] ?? ''
    if (!fieldsOf(type).includes(path)) {
      throw badRequest(
        `Unable to find "${type.group ? `${type.group}/` : ''}${type.version}, Resource=${type.resource}" that match label selector "", field selector "${selector}": field label not supported: ${path}`,
      )
    }
    return { path, equal: match[2] !== '!=', value: (match[3] ?? '').replace(/\\([\\,=])/g, '$1') }
  })
}

/** One predicate for both selectors, or undefined when neither restricts anything. */
export function selectorOf(
  type: ResourceType,
  labelSelector: string | null,
  fieldSelector: string | null,
): Predicate | undefined {
  const labels = labelSelector ? parseLabelSelector(labelSelector) : undefined
  const tests = fieldSelector ? parseFieldSelector(fieldSelector, type) : []
  const fields = tests.map(({ path, ...test }) => ({ ...test, path: path.split('.') }))
  if (!labels && fields.length === 0) return undefined
  return (object) =>
    (labels === undefined || labels(object.metadata.labels)) &&
    fields.every(({ path, equal, value }) => (fieldOf(object, path) === value) === equal)
}

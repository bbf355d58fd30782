/**
 * Authorization by the Role and ClusterRole objects in storage, so that a manifest's RBAC is put to the
 * test by applying it. Additive only, as RBAC is.
 */
import { at, type KubeObject, records, text, texts, type User } from './objects.ts'
import { findResource, type ResourceType } from './resources.ts'
import { parseLabelSelector } from './selectors.ts'
import type { Storage } from './storage.ts'

/** What somebody wants to do: a verb on a resource, or on a path when `path` is given. */
export type Attributes = {
  verb: string
  path?: string
  namespace?: string
  group?: string
  resource?: string
  subresource?: string
  name?: string
}

export type Decision = { allowed: boolean; reason: string }
export type Authorizer = { authorize(user: User, attributes: Attributes): Decision }

type Rule = {
  verbs: string[]
  groups: string[]
  resources: string[]
  names: string[]
  paths: string[]
}
/** A binding with the rules of its role; `namespace` limits those of a RoleBinding. */
type Grant = { subjects: Record<string, unknown>[]; rules: Rule[]; namespace: string; reason: string }

function rbacType(resource: string): ResourceType {
  const type = findResource('rbac.authorization.k8s.io', 'v1', resource)
  if (!type) throw new Error(`no resource ${resource}`)
  return type
}

export function createAuthorizer(storage: Storage): Authorizer {
  const kinds = ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'].map(rbacType)
  let grants: Grant[] | undefined
  for (const type of kinds) {
    storage.subscribe(type, () => {
      grants = undefined
    })
  }
  return {
    authorize(user, attributes) {
      if (user.groups.includes('system:masters')) return { allowed: true, reason: '' }
      grants ??= readGrants(storage)
      const grant = grants.find((each) => allows(each, user, attributes))
      return grant ? { allowed: true, reason: grant.reason } : { allowed: false, reason: '' }
    },
  }
}

function readGrants(storage: Storage): Grant[] {
  const bindings = [
    ...storage.list(rbacType('clusterrolebindings')),
    ...storage.list(rbacType('rolebindings')),
  ]
  return bindings.map(({ object }) => {
    const namespace = object.metadata.namespace ?? ''
    const reference = `${text(at(object, 'roleRef', 'kind'))} "${text(at(object, 'roleRef', 'name'))}"`
    return {
      subjects: records(object.subjects),
      rules: rulesOf(storage, object, namespace),
      namespace,
      reason: `RBAC: allowed by ${object.kind} "${object.metadata.name}" of ${reference}`,
    }
  })
}

function rulesOf(storage: Storage, binding: KubeObject, namespace: string): Rule[] {
  const name = text(at(binding, 'roleRef', 'name'))
  const ofCluster = at(binding, 'roleRef', 'kind') === 'ClusterRole'
  const role = ofCluster
    ? storage.get(rbacType('clusterroles'), name)
    : storage.get(rbacType('roles'), `${namespace}/${name}`)
  return role ? withAggregated(storage, role.object).flatMap((each) => records(each.rules).map(readRule)) : []
}

/** A role and, if it aggregates, the roles its selectors name. */
function withAggregated(storage: Storage, role: KubeObject): KubeObject[] {
  const selectors = records(at(role, 'aggregationRule', 'clusterRoleSelectors')).map((selector) => {
    const pairs = Object.entries((selector.matchLabels ?? {}) as Record<string, string>)
    return parseLabelSelector(pairs.map(([key, value]) => `${key}=${value}`).join(','))
  })
  if (selectors.length === 0) return [role]
  const others = storage.list(rbacType('clusterroles')).map(({ object }) => object)
  const joined = others.filter((other) => selectors.some((matches) => matches(other.metadata.labels)))
  return [
    role,
    ...joined.filter((other) => other !== role).flatMap((other) => withAggregated(storage, other)),
  ]
}

function readRule(rule: Record<string, unknown>): Rule {
  return {
    verbs: texts(rule.verbs),
    groups: texts(rule.apiGroups),
    resources: texts(rule.resources),
    names: texts(rule.resourceNames),
    paths: texts(rule.nonResourceURLs),
  }
}

function allows(grant: Grant, user: User, attributes: Attributes): boolean {
  if (grant.namespace !== '' && (attributes.path !== undefined || attributes.namespace !== grant.namespace)) {
    return false
  }
  if (!grant.subjects.some((subject) => isSubject(subject, user, grant.namespace))) return false
  return grant.rules.some((rule) => covers(rule, attributes))
}

function isSubject(
  { kind, name, namespace }: Record<string, unknown>,
  user: User,
  inNamespace: string,
): boolean {
  if (kind === 'User') return name === user.name
  if (kind === 'Group') return user.groups.includes(text(name))
  return user.name === `system:serviceaccount:${text(namespace) || inNamespace}:${text(name)}`
}

function has(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value)
}

function covers(
  rule: Rule,
  { verb, path, group = '', resource = '', subresource = '', name = '' }: Attributes,
): boolean {
  if (!has(rule.verbs, verb)) return false
  if (path !== undefined) {
    return rule.paths.some((each) =>
      each.endsWith('*') ? path.startsWith(each.slice(0, -1)) : each === path,
    )
  }
  const wanted = subresource === '' ? resource : `${resource}/${subresource}`
  const resourceMatches =
    has(rule.resources, wanted) || (subresource !== '' && rule.resources.includes(`*/${subresource}`))
  return has(rule.groups, group) && resourceMatches && (rule.names.length === 0 || rule.names.includes(name))
}

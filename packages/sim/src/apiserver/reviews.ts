/** TokenReview, SubjectAccessReview and their kin: the API server's own answers to "who" and "may". */

import type { Tokens } from './authn.ts'
import { type Call, header, parseJson, readBody, sendJson } from './http.ts'
import { at, isRecord, text, texts, type User } from './objects.ts'
import type { Attributes, Authorizer } from './rbac.ts'
import { decodeReview } from './review-protobuf.ts'
import { methodNotAllowed } from './status.ts'

type Spec = Record<string, unknown>
type Review = (spec: Spec, call: Call) => Record<string, unknown>

export type ReviewType = { group: string; resource: string; kind: string; namespaced: boolean }
export const reviewTypes: readonly ReviewType[] = [
  { group: 'authentication.k8s.io', resource: 'tokenreviews', kind: 'TokenReview', namespaced: false },
  {
    group: 'authentication.k8s.io',
    resource: 'selfsubjectreviews',
    kind: 'SelfSubjectReview',
    namespaced: false,
  },
  {
    group: 'authorization.k8s.io',
    resource: 'subjectaccessreviews',
    kind: 'SubjectAccessReview',
    namespaced: false,
  },
  {
    group: 'authorization.k8s.io',
    resource: 'localsubjectaccessreviews',
    kind: 'LocalSubjectAccessReview',
    namespaced: true,
  },
  {
    group: 'authorization.k8s.io',
    resource: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
    namespaced: false,
  },
]

export function findReview(group: string, resource: string): ReviewType | undefined {
  return reviewTypes.find((type) => type.group === group && type.resource === resource)
}

export function createReviews(tokens: Tokens, authorizer: Authorizer) {
  const access = (user: User, spec: Spec) => {
    const { allowed, reason } = authorizer.authorize(user, attributesOf(spec))
    return { allowed, ...(reason && { reason }) }
  }
  const ofSubject: Review = (spec) => access(subjectOf(spec), spec)
  const answers: Record<string, Review> = {
    TokenReview: (spec) => tokenStatus(tokens, text(spec.token)),
    SubjectAccessReview: ofSubject,
    LocalSubjectAccessReview: ofSubject,
    SelfSubjectAccessReview: (spec, { user }) => access(user, spec),
    SelfSubjectReview: (_spec, { user }) => ({ userInfo: userInfo(user) }),
  }
  return async (call: Call, { group, kind }: ReviewType): Promise<void> => {
    const answer = answers[kind]
    if (call.request.method !== 'POST' || !answer) throw methodNotAllowed()
    const spec = await readSpec(call, kind)
    const status = answer(spec, call)
    const body = { kind, apiVersion: `${group}/v1`, metadata: { creationTimestamp: null }, spec, status }
    sendJson(call.response, 201, body)
  }
}

async function readSpec({ request }: Call, kind: string): Promise<Spec> {
  const body = await readBody(request)
  if (header(request, 'content-type')?.startsWith('application/vnd.kubernetes.protobuf')) {
    return decodeReview(kind, body)
  }
  const spec = at(parseJson(body), 'spec')
  return isRecord(spec) ? spec : {}
}

function tokenStatus(tokens: Tokens, token: string): Record<string, unknown> {
  const identity = tokens.lookUp(token)
  if (!identity) return { user: {}, error: '[invalid bearer token, unknown token]' }
  return { authenticated: true, user: userInfo(identity.user), audiences: ['https://kubernetes.default.svc'] }
}

function userInfo({ name, uid, groups, extra }: User): Record<string, unknown> {
  return { username: name, ...(uid && { uid }), groups, ...(extra && { extra }) }
}

function subjectOf(spec: Spec): User {
  return { name: text(spec.user), groups: texts(spec.groups) }
}

function attributesOf(spec: Spec): Attributes {
  const path = at(spec, 'nonResourceAttributes')
  if (isRecord(path)) return { verb: text(path.verb), path: text(path.path) }
  const resource = isRecord(spec.resourceAttributes) ? spec.resourceAttributes : {}
  return {
    verb: text(resource.verb),
    namespace: text(resource.namespace),
    group: text(resource.group),
    resource: text(resource.resource),
    subresource: text(resource.subresource),
    name: text(resource.name),
  }
}

import type { Clock } from '@metrics-ring/common/clock'
import { type Trace, within } from '@metrics-ring/common/telemetry/trace'
import { type Form, partOf } from '../render/render-list.ts'
import { type ListOptions, parseIncludeObject, parseListOptions } from '../request/list-options.ts'
import { type Media, negotiate, prettyAsked } from '../request/negotiate.ts'
import type { ResourceInfo } from '../request/request-info.ts'
import { isServed } from '../view/shelf.ts'
import type { View } from '../view/view.ts'
import type { NodeEntry } from '../view/view-nodes.ts'
import type { Answer, Ask, Outcome } from './answer.ts'
import { type Resource, type Version, versions } from './api.ts'
import { apiSpans } from './api-spans.ts'
import { listing, type ServedEntry } from './listing.ts'
import { isKept, listAnswer, objectAnswer } from './represent.ts'
import { createShared } from './shared.ts'
import {
  type Failure,
  isFailure,
  methodNotAllowed,
  nodeMetricsNotFound,
  nodeNotFound,
  podMetricsNotFound,
  podNotFound,
  serviceUnavailable,
  unknownPath,
  watchNotSupported,
} from './status.ts'

export type ResourcesDeps = {
  view: View
  clock: Clock
  /** Shared clock, milliseconds. Undefined: there is nothing to answer from yet. */
  now: () => number | undefined
}

/** Seconds after which it is worth asking again, where nothing can be answered. */
const retrySeconds = 5

/** nodes and pods of metrics.k8s.io: get and list. */
export function createResources({ view, clock, now }: ResourcesDeps) {
  const shared = createShared<Promise<Answer>>(clock)

  function get(target: Target, media: Media, query: URLSearchParams, nowMs: number): Outcome {
    const entry = entryOf(view, target)
    if (!entry?.group) return unknown(target)
    const item = isServed(entry as NodeEntry, nowMs) && view.kept(entry, partOf(media))
    if (!item) return notSampled(target)
    const form = formOf(target, media, query)
    return isFailure(form) ? form : objectAnswer(form, item)
  }
  function list(
    target: Target,
    form: Form,
    options: ListOptions,
    nowMs: number,
    trace: Trace | undefined,
  ): Promise<Answer> {
    const { resource, namespace } = target
    const gather = () => listing(view, resource, namespace, options, nowMs)
    const make = async () => {
      const found = await within(trace, apiSpans.select, gather)
      return within(trace, apiSpans.render, () => listAnswer(form, found, view.kept))
    }
    const { labelSelector, fieldSelector, limit, after } = options
    const whole = !namespace && !labelSelector && !fieldSelector && !limit && !after
    if (!whole || !isKept(form.media)) return make()
    return shared(JSON.stringify(form), make)
  }

  return ({ method, info, headers, trace }: Ask, asked: ResourceInfo): Outcome | Promise<Outcome> => {
    const target = targetOf(asked, info.verb)
    if (!target) return unknownPath()
    if (method !== 'GET') return methodNotAllowed()
    const isList = info.verb !== 'get'
    const pretty = prettyAsked(info.query, headers.userAgent)
    const media = negotiate(headers.accept, { resource: target.resource, list: isList, pretty })
    if (isFailure(media)) return media
    const options = isList ? parseListOptions(info.query) : undefined
    if (options && isFailure(options)) return options
    if (options?.watch) return watchNotSupported(target.resource)
    const nowMs = now()
    if (nowMs === undefined) return serviceUnavailable('metrics have not been read yet', retrySeconds)
    if (!options) return get(target, media, info.query, nowMs)
    const form = formOf(target, media, info.query)
    return isFailure(form) ? form : list(target, form, options, nowMs, trace)
  }
}

type Target = { resource: Resource; version: Version; namespace: string; name: string }

/** Undefined: no such path. The name of a collection request is of its field selector, not of its path. */
function targetOf(info: ResourceInfo, verb: string): Target | undefined {
  const { version, namespace, resource, subresource, name } = info
  if (info.verbInPath || subresource !== '' || !isVersion(version)) return undefined
  if (resource === 'nodes') return namespace === '' ? { resource, version, namespace, name } : undefined
  if (resource !== 'pods') return undefined
  const named = name !== '' && !['list', 'watch', 'deletecollection'].includes(verb)
  return named && namespace === '' ? undefined : { resource, version, namespace, name }
}

function isVersion(text: string): text is Version {
  return (versions as readonly string[]).includes(text)
}

/** How the answer is to look, or why it cannot. */
function formOf({ resource, version }: Target, media: Media, query: URLSearchParams): Form | Failure {
  if (media.transform?.kind !== 'Table') return { resource, version, media }
  const includeObject = parseIncludeObject(query)
  return typeof includeObject === 'string' ? { resource, version, media, includeObject } : includeObject
}

function entryOf(view: View, { resource, namespace, name }: Target): ServedEntry | undefined {
  return resource === 'nodes' ? view.findNode(name) : view.findPod(namespace, name)
}

function unknown({ resource, name }: Target): Failure {
  return resource === 'nodes' ? nodeNotFound(name) : podNotFound(name)
}

function notSampled({ resource, namespace, name }: Target): Failure {
  return resource === 'nodes' ? nodeMetricsNotFound(name) : podMetricsNotFound(namespace, name)
}

/**
 * What a client asked for by its Accept header, and an entry's JSON in that form. Protobuf is
 * spoken in lists of metadata only, where its size matters: every client of interest lists JSON, or anything, as its
 * second choice.
 */

import { groupVersionOf, type ResourceType } from './resources.ts'
import { StatusError } from './status.ts'
import type { Entry } from './storage.ts'

export type Form = 'full' | 'partial' | 'table'
export type Representation = { form: Form; version: string; kind?: string; protobuf?: boolean }

type Clause = { type: string; params: Record<string, string> }

const accepted = ['application/json', 'application/*', '*/*']
export const protobufType = 'application/vnd.kubernetes.protobuf'

export function parseAccept(accept: string | undefined): Clause[] {
  return (accept ?? '*/*')
    .split(',')
    .map((clause) => {
      const [type = '', ...rest] = clause.split(';').map((part) => part.trim())
      const params = Object.fromEntries(rest.map((part) => part.split('=', 2)))
      return { type: type.toLowerCase(), params, weight: Number(params.q ?? 1) }
    })
    .sort((a, b) => b.weight - a.weight)
}

/** @throws StatusError 406 when no clause of the Accept header can be served */
export function negotiate(accept: string | undefined, isList: boolean): Representation {
  for (const { type, params } of parseAccept(accept)) {
    const isMetadataList = params.as === 'PartialObjectMetadataList' && params.v === 'v1'
    const protobuf = type === protobufType && isList && isMetadataList
    if (!accepted.includes(type) && !protobuf) continue
    if (params.as === undefined) return { form: 'full', version: 'v1' }
    if (params.g !== 'meta.k8s.io' || (params.v !== 'v1' && params.v !== 'v1beta1')) continue
    if (params.as === 'Table') return { form: 'table', version: params.v }
    const wanted = isList ? 'PartialObjectMetadataList' : 'PartialObjectMetadata'
    if (params.as === wanted) return { form: 'partial', version: params.v, protobuf }
  }
  const message = 'only the following media types are accepted: application/json'
  throw new StatusError(406, 'NotAcceptable', message)
}

export function metadataText(entry: Entry): string {
  entry.metadataText ??= JSON.stringify(entry.object.metadata)
  return entry.metadataText
}

/** Everything but kind, apiVersion and metadata: empty, or members each led by a comma. */
function restText(entry: Entry): string {
  if (entry.restText === undefined) {
    const { kind: _kind, apiVersion: _apiVersion, metadata: _metadata, ...rest } = entry.object
    const members = JSON.stringify(rest).slice(1, -1)
    entry.restText = members === '' ? '' : `,${members}`
  }
  return entry.restText
}

/** An object as it stands in a typed list: without kind and apiVersion. */
function itemText(entry: Entry): string {
  return `{"metadata":${metadataText(entry)}${restText(entry)}}`
}

export function partialText(entry: Entry, version: string): string {
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":${metadataText(entry)}}`
}

/** One object standing alone, as for GET or in a watch event. */
export function objectText(entry: Entry, type: ResourceType, { form, version }: Representation): string {
  if (form === 'partial') return partialText(entry, version)
  return `{"kind":"${type.kind}","apiVersion":"${groupVersionOf(type)}",${itemText(entry).slice(1)}`
}

/** One object as an item of a list. */
export function listItemText(entry: Entry, { form, version }: Representation): string {
  return form === 'partial' ? partialText(entry, version) : itemText(entry)
}

export type ListMeta = { resourceVersion: string; continue?: string; remainingItemCount?: number }

/** The opening of a list, up to and with the bracket of its items. */
export function listHead(type: ResourceType, { form, version }: Representation, metadata: ListMeta): string {
  const [kind, apiVersion] =
    form === 'partial'
      ? ['PartialObjectMetadataList', `meta.k8s.io/${version}`]
      : [`${type.kind}List`, groupVersionOf(type)]
  return `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`
}

/** A BOOKMARK's object: nothing but a version, and annotations where given. */
export function bookmarkText(
  type: ResourceType,
  { form, version }: Representation,
  resourceVersion: number,
  annotations?: Record<string, string>,
): string {
  const [kind, apiVersion] =
    form === 'partial'
      ? ['PartialObjectMetadata', `meta.k8s.io/${version}`]
      : [type.kind, groupVersionOf(type)]
  const metadata = {
    resourceVersion: String(resourceVersion),
    creationTimestamp: null,
    ...(annotations && { annotations }),
  }
  return JSON.stringify({ kind, apiVersion, metadata })
}

import type { Labels } from './item.ts'
import { ofLast } from './of-last.ts'

/** What the view needs of a Node object. */
export type NodeObject = { name: string; uid: string; labels: Labels }

/** What the view needs of a Pod object that is Running. */
export type PodObject = {
  namespace: string
  name: string
  /** creationTimestamp, milliseconds since the epoch; 0 where the object does not say. */
  createdMs: number
  labels: Labels
}

/** The metadata of an object as list and watch give it. */
export type ObjectMeta = {
  name: string
  namespace?: string
  uid?: unknown
  /** RFC 3339, or a Date. */
  creationTimestamp?: unknown
  labels?: unknown
}

export function nodeObject(metadata: ObjectMeta): NodeObject {
  const uid = typeof metadata.uid === 'string' ? metadata.uid : ''
  return { name: metadata.name, uid, labels: labelsOf(metadata.labels) }
}

export function podObject(metadata: ObjectMeta): PodObject {
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    createdMs: new Date(metadata.creationTimestamp as string | Date).getTime() || 0,
    labels: labelsOf(metadata.labels),
  }
}

const noLabels: Labels = Object.freeze({})

function labelsOf(labels: unknown): Labels {
  return typeof labels === 'object' && labels !== null ? (labels as Labels) : noLabels
}

/** Text of a label set; equal sets have equal texts, whatever the order of their keys. */
export const labelText = ofLast((labels: Labels): string => {
  let text = ''
  for (const key of Object.keys(labels).sort()) text += `${key}=${labels[key]}\n`
  return text
})

/** A frozen copy with its keys in byte order (label keys are ASCII, so that is also the order of `sort`). */
export function orderedLabels(labels: Labels): Labels {
  const ordered: Record<string, string> = {}
  for (const key of Object.keys(labels).sort()) ordered[key] = String(labels[key])
  return Object.freeze(ordered)
}

/** Any JSON value as it arrives in a request body. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** The part of `metadata` that the API server itself reads or writes. */
export type ObjectMeta = {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  creationTimestamp?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  [field: string]: unknown
}

/** A plain Kubernetes JSON object. */
export type KubeObject = {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  [field: string]: unknown
}

/** Where a model reports its objects. The receiver assigns resourceVersion, and uid if absent. */
export type ObjectSink = {
  apply(object: KubeObject): void
  remove(object: KubeObject): void
}

export type User = {
  name: string
  uid?: string
  groups: readonly string[]
  extra?: Readonly<Record<string, readonly string[]>>
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at a path of keys, or undefined where the path leaves the objects. */
export function at(value: unknown, ...path: string[]): unknown {
  let here = value
  for (const key of path) {
    if (!isRecord(here)) return undefined
    here = here[key]
  }
  return here
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

export function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

export function makeObject(
  apiVersion: string,
  kind: string,
  name: string,
  rest: Record<string, unknown> = {},
  namespace?: string,
) {
  return { apiVersion, kind, metadata: { name, ...(namespace && { namespace }) }, ...rest } as KubeObject
}

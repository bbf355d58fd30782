/** `metadata.managedFields`, the larger half of what a real object weighs. */
export type ManagedFields = {
  manager: string
  operation: 'Update' | 'Apply'
  apiVersion: 'v1'
  time: string
  fieldsType: 'FieldsV1'
  fieldsV1: object
  subresource?: string
}

/** RFC 3339 in whole seconds, as `metav1.Time` prints. */
export function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

export function managedFields(
  manager: string,
  ms: number,
  fieldsV1: object,
  subresource?: string,
): ManagedFields {
  return {
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    time: rfc3339(ms),
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...(subresource === undefined ? {} : { subresource }),
  }
}

/** `f:name` for each, owned as a leaf. */
export function leaves(...names: string[]): Record<string, object> {
  return Object.fromEntries([['.', {}], ...names.map((name) => [`f:${name}`, {}])])
}

/** `k:{"<key>":"<value>"}` for each element of a keyed list. */
export function elements(key: string, values: readonly string[], fields: object): Record<string, object> {
  return Object.fromEntries([
    ['.', {}],
    ...values.map((value) => [`k:${JSON.stringify({ [key]: value })}`, fields]),
  ])
}

import { fieldsOf, opened } from '@metrics-ring/frontend/testing/protobuf-decoder'

/** How many items a list has, in JSON or protobuf; undefined: it is no list. */
export function itemsOf(body: Buffer, contentType: string): number | undefined {
  if (contentType === 'application/vnd.kubernetes.protobuf') return protobufItems(body)
  return (JSON.parse(body.toString()) as { items?: unknown[] }).items?.length
}

function protobufItems(body: Buffer): number | undefined {
  const { kind, message } = opened(body)
  if (!kind?.endsWith('List')) return undefined
  return fieldsOf(message).filter(({ number }) => number === 2).length
}

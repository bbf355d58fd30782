import { lengthOf, messageOf } from './protobuf-envelope.ts'
import { goJson } from './render-json.ts'

/** Of group meta.k8s.io; both are written alike. */
export type MetaVersion = 'v1' | 'v1beta1'

/** The metadata of an item: a PartialObjectMetadata, which also has its kind inside a list. */
export function partialObject(itemJson: string, version: MetaVersion): object {
  const { metadata } = JSON.parse(itemJson) as { metadata: object }
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata }
}

export function partialItemJson(itemJson: string, version: MetaVersion): string {
  return goJson(partialObject(itemJson, version))
}

/** A PartialObjectMetadata message: its only field is the fragment's first one, metadata. */
export function partialMessage(fragment: Uint8Array): Uint8Array {
  return messageOf(fragment).subarray(0, partialMessageSize(fragment))
}

/**
 * Bytes of `partialMessage`, of the fragment that begins there. Makes nothing: it is asked of every item before a list
 * begins.
 */
export function partialMessageSize(fragment: Uint8Array, from = 0): number {
  let at = from + 1
  while ((fragment[at] as number) >= 0x80) at++
  const start = at + 1
  let length = 0
  at = start + 1
  for (let unit = 1; ; unit *= 0x80) {
    const byte = fragment[at++] as number
    length += (byte & 0x7f) * unit
    if (byte < 0x80) return at - start + length
  }
}

/** As one `items` field of a PartialObjectMetadataList: number 2, and 1 in v1beta1. */
export function partialItemProtobuf(fragment: Uint8Array, version: MetaVersion): Uint8Array {
  const message = partialMessage(fragment)
  return Buffer.concat([lengthOf(version === 'v1' ? 2 : 1, message.length), message])
}

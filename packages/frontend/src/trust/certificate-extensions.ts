/**
 * What X509Certificate does not tell of a certificate's extensions, read from its DER.
 * Anything but plain DER throws: a certificate that cannot be read is not to be trusted.
 */
export type CertificateExtensions = {
  /** Ids of the extensions that are there: the content bytes of the OID in hex. */
  ids: ReadonlySet<string>
  /** An extension that must be understood is one this file does not know. */
  unknownCritical: boolean
  /** CAs allowed below this one, itself not counted; undefined: any number. */
  pathLength?: number
}

export const extendedKeyUsageId = '551d25'
const basicConstraintsId = '551d13'

/** Key usage, subject alternative name, basic constraints, certificate policies, extended key usage. */
const understood = new Set(['551d0f', '551d11', basicConstraintsId, '551d20', extendedKeyUsageId])

const tags = { boolean: 0x01, integer: 0x02, octets: 0x04, oid: 0x06, sequence: 0x30, extensions: 0xa3 }

export function readExtensions(certificateDer: Buffer): CertificateExtensions {
  const body = children(only(certificateDer, tags.sequence))[0]
  if (body?.tag !== tags.sequence) throw malformed()
  const holder = children(body.value).find(({ tag }) => tag === tags.extensions)
  const list = holder ? children(only(holder.value, tags.sequence)) : []
  const ids = new Set<string>()
  const found: { unknownCritical: boolean; pathLength?: number } = { unknownCritical: false }
  for (const { value } of list) {
    const { id, critical, content } = extension(value)
    if (ids.has(id)) throw malformed()
    ids.add(id)
    if (critical && !understood.has(id)) found.unknownCritical = true
    const length = id === basicConstraintsId ? pathLength(content) : undefined
    if (length !== undefined) found.pathLength = length
  }
  return { ids, ...found }
}

function extension(bytes: Buffer) {
  const [id, ...rest] = children(bytes)
  const content = rest.at(-1)
  if (id?.tag !== tags.oid || content?.tag !== tags.octets) throw malformed()
  const critical = rest.length > 1 && rest[0]?.tag === tags.boolean && rest[0].value[0] !== 0
  return { id: id.value.toString('hex'), critical, content: content.value }
}

/** Of BasicConstraints ::= SEQUENCE { cA BOOLEAN, pathLenConstraint INTEGER }, both optional. */
function pathLength(content: Buffer): number | undefined {
  const length = children(only(content, tags.sequence)).find(({ tag }) => tag === tags.integer)
  if (!length) return undefined
  if (length.value.length === 0 || length.value.length > 4) throw malformed()
  const value = length.value.readIntBE(0, length.value.length)
  if (value < 0) throw malformed()
  return value
}

type Element = { tag: number; value: Buffer }

function only(bytes: Buffer, tag: number): Buffer {
  const [element, ...more] = children(bytes)
  if (element?.tag !== tag || more.length > 0) throw malformed()
  return element.value
}

function children(bytes: Buffer): Element[] {
  const elements: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] as number
    const { length, start } = lengthAt(bytes, at + 1)
    if (start + length > bytes.length) throw malformed()
    elements.push({ tag, value: bytes.subarray(start, start + length) })
    at = start + length
  }
  return elements
}

function lengthAt(bytes: Buffer, at: number): { length: number; start: number } {
  const first = bytes[at]
  if (first === undefined) throw malformed()
  if (first < 0x80) return { length: first, start: at + 1 }
  const count = first & 0x7f
  if (count === 0 || count > 4 || at + 1 + count > bytes.length) throw malformed()
  return { length: bytes.readUIntBE(at + 1, count), start: at + 1 + count }
}

function malformed(): Error {
  return new Error('the certificate is not plain DER')
}

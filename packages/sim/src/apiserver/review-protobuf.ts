/**
 * Reviews as Go clients send them: they prefer protobuf for the bodies of built-in types. Only the specs
 * of reviews are read (k8s.io/api authentication/v1 and authorization/v1 generated.proto).
 */
import { badRequest } from './status.ts'

type Shape = { [field: number]: [name: string, type: 'text' | 'texts' | 'extra' | Shape] }

const resourceAttributes: Shape = {
  1: ['namespace', 'text'],
  2: ['verb', 'text'],
  3: ['group', 'text'],
  4: ['version', 'text'],
  5: ['resource', 'text'],
  6: ['subresource', 'text'],
  7: ['name', 'text'],
}
const nonResourceAttributes: Shape = { 1: ['path', 'text'], 2: ['verb', 'text'] }
const access: Shape = {
  1: ['resourceAttributes', resourceAttributes],
  2: ['nonResourceAttributes', nonResourceAttributes],
}
const subjectAccess: Shape = {
  ...access,
  3: ['user', 'text'],
  4: ['groups', 'texts'],
  5: ['extra', 'extra'],
  6: ['uid', 'text'],
}

const specs: Record<string, Shape> = {
  TokenReview: { 1: ['token', 'text'], 2: ['audiences', 'texts'] },
  SubjectAccessReview: subjectAccess,
  LocalSubjectAccessReview: subjectAccess,
  SelfSubjectAccessReview: access,
  SelfSubjectReview: {},
}

const magic = Buffer.from('6b387300', 'hex')

/** The `spec` in a protobuf body. @throws StatusError 400 when it is not one */
export function decodeReview(kind: string, body: Buffer): Record<string, unknown> {
  if (!body.subarray(0, 4).equals(magic)) throw badRequest('the protobuf body lacks its prefix')
  const object = field(body.subarray(4), 2)
  const spec = object && field(object, 2)
  return spec ? read(spec, specs[kind] ?? {}) : {}
}

function field(message: Buffer, wanted: number): Buffer | undefined {
  for (const [number, value] of fields(message)) if (number === wanted) return value
  return undefined
}

function read(message: Buffer, shape: Shape): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [number, value] of fields(message)) {
    const [name, type] = shape[number] ?? []
    if (name === undefined || type === undefined) continue
    if (type === 'text') result[name] = value.toString('utf8')
    else if (type === 'texts') result[name] = [...((result[name] as string[]) ?? []), value.toString('utf8')]
    else if (type === 'extra') result[name] = { ...(result[name] as object), ...extraEntry(value) }
    else result[name] = read(value, type)
  }
  return result
}

function extraEntry(entry: Buffer): Record<string, string[]> {
  const key = field(entry, 1)?.toString('utf8') ?? ''
  const items = read(field(entry, 2) ?? Buffer.alloc(0), { 1: ['items', 'texts'] }).items
  return { [key]: (items as string[] | undefined) ?? [] }
}

/** The length-delimited fields of a message; the others are passed over. */
function* fields(message: Buffer): Generator<[number, Buffer]> {
  let offset = 0
  const varint = () => {
    let [value, shift] = [0, 1]
    for (;;) {
      const byte = message[offset]
      if (byte === undefined) throw badRequest('the protobuf body is truncated')
      offset += 1
      value += (byte & 0x7f) * shift
      if (byte < 0x80) return value
      shift *= 128
    }
  }
  while (offset < message.length) {
    const tag = varint()
    const wireType = tag & 7
    if (wireType === 0) varint()
    else if (wireType === 2) {
      const length = varint()
      yield [tag >> 3, message.subarray(offset, offset + length)]
      offset += length
    } else offset += wireType === 1 ? 8 : 4
  }
}

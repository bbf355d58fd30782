/** Protobuf read by the field rules of wire.md 6.7, sharing nothing with the writer. */
type Field = { number: number; value: bigint | Buffer }
type Fields = Field[]

export function fieldsOf(message: Buffer): Fields {
  const found: Fields = []
  let rest = message
  while (rest.length > 0) {
    const key = varint(rest)
    const number = Number(key.value >> 3n)
    const type = Number(key.value & 7n)
    const after = rest.subarray(key.size)
    const head = varint(after)
    if (type === 0) {
      found.push({ number, value: head.value })
      rest = after.subarray(head.size)
    } else if (type === 2) {
      const end = head.size + Number(head.value)
      if (end > after.length) throw new Error('a field ends behind its message')
      found.push({ number, value: after.subarray(head.size, end) })
      rest = after.subarray(end)
    } else throw new Error(`wire type ${type}`)
  }
  return found
}

function varint(bytes: Buffer): { value: bigint; size: number } {
  let value = 0n
  for (let size = 0; size < 10; size++) {
    const byte = bytes[size]
    if (byte === undefined) throw new Error('a varint is cut off')
    value |= BigInt(byte & 0x7f) << BigInt(7 * size)
    if (byte < 0x80) return { value: BigInt.asIntN(64, value), size: size + 1 }
  }
  throw new Error('a varint is longer than 10 bytes')
}

const all = (fields: Fields, number: number) =>
  fields.filter((each) => each.number === number).map((each) => each.value as Buffer)
const one = (fields: Fields, number: number) => all(fields, number)[0] as Buffer
const text = (fields: Fields, number: number) => one(fields, number)?.toString()
const integer = (fields: Fields, number: number) =>
  (fields.find((each) => each.number === number)?.value ?? 0n) as bigint

/** Key and value of map entries, in the order they stand in. */
export const entriesOf = (fields: Fields, number: number) =>
  all(fields, number).map((entry) => {
    const parts = fieldsOf(entry)
    return [text(parts, 1), one(parts, 2)] as [string, Buffer]
  })

/** What stands in the envelope. */
export function opened(body: Buffer) {
  if (body.toString('latin1', 0, 4) !== 'k8s\0') throw new Error('no magic')
  const envelope = fieldsOf(body.subarray(4))
  const type = fieldsOf(one(envelope, 1))
  return {
    numbers: envelope.map(({ number }) => number),
    apiVersion: text(type, 1),
    kind: text(type, 2),
    message: one(envelope, 2),
    empty: [text(envelope, 3), text(envelope, 4)],
  }
}

export function listOf(message: Buffer) {
  const fields = fieldsOf(message)
  const meta = fieldsOf(one(fields, 1))
  return {
    continue: text(meta, 3),
    remainingItemCount: integer(meta, 4),
    metaNumbers: meta.map(({ number }) => number),
    items: all(fields, 2),
  }
}

/** An object as JSON would say it, but for the window, which is in nanoseconds. */
export function objectOf(message: Buffer) {
  const fields = fieldsOf(message)
  const meta = fieldsOf(one(fields, 1))
  const labels = entriesOf(meta, 11).map(([key, value]) => [key, value.toString()])
  const time = (bytes: Buffer) =>
    new Date(Number(integer(fieldsOf(bytes), 1)) * 1000).toISOString().replace('.000', '')
  const namespace = text(meta, 3)
  const usages = (of: Fields, number: number) =>
    Object.fromEntries(entriesOf(of, number).map(([key, value]) => [key, text(fieldsOf(value), 1)]))
  const containers = all(fields, 4).map(fieldsOf)
  return {
    metaNumbers: meta.map(({ number }) => number),
    labelKeys: labels.map(([key]) => key as string),
    windowNanos: integer(fieldsOf(one(fields, 3)), 1),
    node: () => ({ usage: usages(fields, 4) }),
    pod: () => ({ containers: containers.map((each) => ({ name: text(each, 1), usage: usages(each, 2) })) }),
    head: {
      metadata: {
        name: text(meta, 1),
        ...(namespace === '' ? {} : { namespace }),
        creationTimestamp: time(one(meta, 8)),
        ...(labels.length > 0 ? { labels: Object.fromEntries(labels) } : {}),
      },
      timestamp: time(one(fields, 2)),
    },
  }
}

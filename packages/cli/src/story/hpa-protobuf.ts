/** A PodMetricsList in Kubernetes' protobuf, as far as the HPA reads it (wire.md 6.7). */
export type PodMetrics = {
  namespace: string
  name: string
  timestampMs: number
  windowMs: number
  containers: { name: string; usage: Map<string, string> }[]
}

type Field = { number: number; value: bigint; bytes: Buffer }

const magic = Buffer.from('k8s\0')

/** @throws Error when it is something else */
export function decodePodMetricsList(body: Buffer): PodMetrics[] {
  if (!body.subarray(0, 4).equals(magic)) throw new Error('the answer is no protobuf of Kubernetes')
  const envelope = read(body.subarray(4))
  const kind = read(find(envelope, 1))
    .find(({ number }) => number === 2)
    ?.bytes.toString()
  if (kind !== 'PodMetricsList') throw new Error(`the answer is a ${kind}`)
  return all(read(find(envelope, 2)), 2).map(podMetrics)
}

function podMetrics(message: Buffer): PodMetrics {
  const fields = read(message)
  const metadata = read(find(fields, 1))
  return {
    namespace: find(metadata, 3).toString(),
    name: find(metadata, 1).toString(),
    timestampMs: Number(integer(read(find(fields, 2)), 1)) * 1000,
    windowMs: Number(integer(read(find(fields, 3)), 1)) / 1e6,
    containers: all(fields, 4).map((container) => {
      const parts = read(container)
      const usage = all(parts, 2).map(read)
      return {
        name: find(parts, 1).toString(),
        usage: new Map(
          usage.map((entry) => [find(entry, 1).toString(), find(read(find(entry, 2)), 1).toString()]),
        ),
      }
    }),
  }
}

function read(message: Buffer): Field[] {
  const fields: Field[] = []
  for (let at = 0; at < message.length; ) {
    const key = varint(message, at)
    const head = varint(message, key.next)
    const isBytes = Number(key.value & 7n) === 2
    const next = isBytes ? head.next + Number(head.value) : head.next
    if (next > message.length) throw new Error('the answer is cut off')
    fields.push({
      number: Number(key.value >> 3n),
      value: head.value,
      bytes: isBytes ? message.subarray(head.next, next) : Buffer.alloc(0),
    })
    at = next
  }
  return fields
}

function varint(bytes: Buffer, from: number): { value: bigint; next: number } {
  let value = 0n
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes.readUInt8(at)
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - from))
    if (byte < 0x80) return { value: BigInt.asIntN(64, value), next: at + 1 }
  }
  throw new Error('the answer is cut off')
}

const all = (fields: readonly Field[], number: number) =>
  fields.filter((field) => field.number === number).map(({ bytes }) => bytes)
const find = (fields: readonly Field[], number: number) => all(fields, number)[0] ?? Buffer.alloc(0)
const integer = (fields: readonly Field[], number: number) =>
  fields.find((field) => field.number === number)?.value ?? 0n

/** How many items a list has, in JSON or protobuf; undefined: it is no list. */
export function itemsOf(body: Buffer, contentType: string): number | undefined {
  if (contentType === 'application/vnd.kubernetes.protobuf') return protobufItems(body)
  return (JSON.parse(body.toString()) as { items?: unknown[] }).items?.length
}

/** `k8s\0`, then Unknown { typeMeta = 1 { kind = 2 }, raw = 2 { items = 2 } }. */
function protobufItems(body: Buffer): number | undefined {
  const envelope = fields(body.subarray(4))
  const kind = fields(envelope.find(({ number }) => number === 1)?.value ?? body.subarray(0, 0))
  if (!kind.some(({ number, value }) => number === 2 && value.toString().endsWith('List'))) return undefined
  const raw = envelope.find(({ number }) => number === 2)?.value ?? body.subarray(0, 0)
  return fields(raw).filter(({ number }) => number === 2).length
}

/** Those with a length: there are no others where we look. @throws RangeError */
function fields(message: Buffer): { number: number; value: Buffer }[] {
  const found: { number: number; value: Buffer }[] = []
  let at = 0
  const varint = () => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = message.readUInt8(at++)
      value += (byte % 128) * factor
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const tag = varint()
    if (tag % 8 !== 2) throw new RangeError(`field ${Math.floor(tag / 8)} has no length`)
    const length = varint()
    found.push({ number: Math.floor(tag / 8), value: message.subarray(at, at + length) })
    at += length
  }
  return found
}

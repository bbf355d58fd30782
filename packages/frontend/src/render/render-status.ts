import type { Failure, Status, StatusDetails } from '../answer/status.ts'
import { contentTypes, type ErrorMedia } from '../request/negotiate.ts'
import { documentText } from './frame.ts'
import { enveloped, writeListMeta } from './protobuf-envelope.ts'
import { createProtobufWriter, type ProtobufWriter } from './protobuf-writer.ts'

/** An answer, ready to be sent. */
export type Answer = { code: number; headers: Record<string, string>; body: string | Buffer }

/** A failure as the one who asked can read it. */
export function renderFailure({ code, body, headers = {} }: Failure, media: ErrorMedia): Answer {
  if (typeof body === 'string') return { code, headers, body }
  const { encoding, pretty } = body.kind ? media : { encoding: 'json' as const, pretty: false }
  const typed = { 'Content-Type': contentTypes[encoding], ...headers }
  if (encoding === 'protobuf') {
    return { code, headers: typed, body: enveloped('v1', 'Status', statusMessage(body)) }
  }
  const style = encoding === 'yaml' ? 'yaml' : pretty ? 'pretty' : 'compact'
  return { code, headers: typed, body: documentText(body, style) }
}

const writer = createProtobufWriter()

/** A metav1.Status as a protobuf message; strings are written also where they are empty. */
function statusMessage({ status, message, reason, details, code }: Status): Buffer {
  writer.reset()
  writer.varint(6, code)
  if (details) writeDetails(writer, details)
  writer.text(4, reason ?? '')
  writer.text(3, message ?? '')
  writer.text(2, status)
  writeListMeta(writer, {}, 1)
  return writer.take()
}

function writeDetails(writer: ProtobufWriter, details: StatusDetails) {
  const before = writer.size()
  writer.text(6, '')
  writer.varint(5, details.retryAfterSeconds ?? 0)
  for (const { reason, message, field } of (details.causes ?? []).toReversed()) {
    const cause = writer.size()
    writer.text(3, field)
    writer.text(2, message)
    writer.text(1, reason)
    writer.open(4, cause)
  }
  writer.text(3, details.kind ?? '')
  writer.text(2, details.group ?? '')
  writer.text(1, details.name ?? '')
  writer.open(5, before)
}

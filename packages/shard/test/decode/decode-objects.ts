import { unpackSample } from '@metrics-ring/common/record/sample-pack'
import { decode } from '../../src/decode/decode.ts'
import type { Layout } from '../../src/decode/decode-layout.ts'

/** What an answer says, as objects. */
export function decodeObjects(body: Uint8Array, receivedMs: number, before?: Layout) {
  const { sample, malformedLines, scrapeError } = decode(body, receivedMs, before)
  return { sample: unpackSample(sample), malformedLines, scrapeError }
}

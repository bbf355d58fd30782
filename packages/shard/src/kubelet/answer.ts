import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { describe, errorReason, type Failure, failure, statusReason } from './reasons.ts'

/** A whole answer of status 200, its content coding removed. */
export type Answer = {
  ok: true
  body: Buffer
  /** Bytes of the body on the wire. */
  wireBytes: number
  /** The header Date: the clock of the node, to the second. Empty if there is none. */
  date: string
}

type Headers = Record<string, string | string[] | undefined>
type Controller = { abort(reason: Error): void }

/** What the HTTP client is given to call (undici's dispatch handler). */
export type AnswerHandler = {
  onRequestStart(): void
  onResponseStart(controller: Controller, status: number, headers: Headers): void
  onResponseData(controller: Controller, chunk: Buffer): void
  onResponseEnd(): void
  onResponseError(controller: Controller | null, error: Error): void
}

const gunzipAsync = promisify(gunzip)

/** Of a body that nobody reads, this much is taken in to keep the connection, bytes. */
const MAX_UNREAD = 65_536

/** An answer as it was sent. */
export type Collected = (Answer & { gzip: boolean }) | Failure

/**
 * Collects one answer and calls `done`, with its body as it was sent and whether that is gzip. `cut` says that
 * nobody waits any longer; an answer that was already refused stays refused for its own reason.
 */
export function collect(
  limitBytes: number,
  done: (answer: Collected) => void,
): AnswerHandler & { cut(why: Failure): void } {
  const chunks: Buffer[] = []
  let wireBytes = 0
  let date = ''
  let gzip = false
  let started = false
  let refusal: Failure | undefined

  /** The connection is of no further use. */
  function giveUp(controller: Controller, failed: Failure): void {
    refusal ??= failed
    done(refusal)
    controller.abort(new Error(failed.reason))
  }

  function start(controller: Controller, headers: Headers): void {
    date = String(headers.date ?? '')
    const coding = String(headers['content-encoding'] ?? 'identity').toLowerCase()
    gzip = coding === 'gzip' || coding === 'x-gzip'
    if (!gzip && coding !== 'identity')
      giveUp(controller, failure('bad_encoding', `content coding ${coding}`))
    else if (Number(headers['content-length']) > limitBytes) giveUp(controller, tooLarge(limitBytes))
  }

  return {
    onRequestStart() {},
    onResponseStart(controller, status, headers) {
      if (status < 200) return
      started = true
      if (status === 200) start(controller, headers)
      else refusal = failure(statusReason(status), `HTTP status ${status}`)
    },
    onResponseData(controller, chunk) {
      wireBytes += chunk.length
      if (wireBytes > (refusal ? MAX_UNREAD : limitBytes)) giveUp(controller, tooLarge(limitBytes))
      else if (!refusal) chunks.push(chunk)
    },
    onResponseEnd() {
      done(refusal ?? { ok: true, body: Buffer.concat(chunks, wireBytes), wireBytes, date, gzip })
    },
    onResponseError(_, error) {
      const reason = errorReason(error)
      done(refusal ?? failure(started && reason === 'reset' ? 'truncated' : reason, describe(error)))
    },
    cut(why) {
      done(refusal ?? why)
    },
  }
}

/** Removes the content coding, never making more than `limitBytes` of it. Off the event loop. */
export async function inflate(
  answer: Answer & { gzip: boolean },
  limitBytes: number,
): Promise<Answer | Failure> {
  const { body, wireBytes, date } = answer
  if (!answer.gzip) return { ok: true, body, wireBytes, date }
  try {
    const plain = await gunzipAsync(body, { maxOutputLength: limitBytes, chunkSize: 65_536 })
    return { ok: true, body: plain, wireBytes, date }
  } catch (error) {
    const large = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    return large ? tooLarge(limitBytes) : failure('bad_encoding', `gzip: ${describe(error)}`)
  }
}

function tooLarge(limitBytes: number): Failure {
  return failure('too_large', `the answer is larger than ${limitBytes} bytes`)
}

import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Scrape } from './accounts.ts'

/** What can be wrong with a kubelet, one thing at a time. */
export type Fault =
  /** Nobody listens. */
  | { kind: 'refuse' }
  /** Takes the request and never answers. */
  | { kind: 'hang' }
  | { kind: 'delay'; ms: number }
  /** The true answer, byte by byte. */
  | { kind: 'drip'; everyMs?: number }
  /** 200, with a body that is no text at all. */
  | { kind: 'garbage' }
  /** 200, with a body of well-formed comments; 100 MB by default. */
  | { kind: 'large'; bytes?: number }
  /** `large` without end. */
  | { kind: 'endless' }
  /** The connection is reset after half of the answer. */
  | { kind: 'resetMidBody' }
  | { kind: 'status'; code: number }
  | { kind: 'redirect'; location?: string }
  /** Answers in plain text whatever is accepted. */
  | { kind: 'noGzip' }
  /** The node's clock is off by so many milliseconds. */
  | { kind: 'clockStep'; ms: number }
  /** 200, but the kubelet has no figures of one kind, as with an old container runtime. */
  | { kind: 'lacks'; what: 'node' | 'pods' }
  /** As kubelets of old: no `/metrics/resource`, only `/stats/summary`. */
  | { kind: 'noResource' }
  /** The connection of the next scrape is cut; after that all is well. */
  | { kind: 'dropNext' }
  | { kind: 'certificate'; problem: CertificateProblem }

/** `none`: it waits for its certificate to be approved, and ends every handshake with `internal_error`. */
export type CertificateProblem = 'expired' | 'unknownAuthority' | 'wrongName' | 'none'

const FILLER = Buffer.from(
  '# a comment that says nothing, at some length, over and over again..\n'.repeat(950),
)

type Answer = { response: ServerResponse; scrape: Scrape; socket: Socket; body: Buffer }

/** Spoils an answer. Says whether it took the answer over. */
export async function spoil(fault: Fault | undefined, answer: Answer): Promise<boolean> {
  const { response, scrape, socket, body } = answer
  switch (fault?.kind) {
    case 'delay':
      await patience(response, fault.ms)
      return response.destroyed
    case 'drip':
      await drip(answer, fault.everyMs ?? 1000)
      return true
    case 'garbage':
      scrape.bytes = FILLER.length
      response.end(FILLER.map((byte, at) => (byte * 31 + at * 17) & 255))
      return true
    case 'large':
      await pour(answer, fault.bytes ?? 100_000_000)
      return true
    case 'endless':
      await pour(answer, Number.POSITIVE_INFINITY)
      return true
    case 'resetMidBody':
      response.setHeader('Content-Length', body.length)
      response.write(body.subarray(0, body.length / 2), () => socket.resetAndDestroy())
      return true
    case 'status':
      response
        .writeHead(fault.code, { 'Content-Type': 'text/plain; charset=utf-8' })
        .end(`as told: ${fault.code}\n`)
      return true
    case 'redirect':
      response.writeHead(302, { Location: fault.location ?? 'https://127.0.0.1:1/metrics/resource' }).end()
      return true
    default:
      return false
  }
}

/** Waits, at most until the client has gone. */
async function patience(response: ServerResponse, ms: number): Promise<void> {
  const gone = new AbortController()
  const leave = () => gone.abort()
  response.once('close', leave)
  await sleep(ms, undefined, { signal: gone.signal }).catch(() => undefined)
  response.off('close', leave)
}

async function drip({ response, scrape, body }: Answer, everyMs: number): Promise<void> {
  response.setHeader('Content-Length', body.length)
  for (let at = 0; at < body.length && !response.destroyed; at++) {
    scrape.bytes++
    response.write(body.subarray(at, at + 1))
    await patience(response, everyMs)
  }
  response.end()
}

/** As fast as the client reads, and no faster. */
async function pour({ response, scrape }: Answer, bytes: number): Promise<void> {
  while (scrape.bytes < bytes && !response.destroyed) {
    const piece = FILLER.subarray(0, Math.min(FILLER.length, bytes - scrape.bytes))
    scrape.bytes += piece.length
    if (!response.write(piece)) await drained(response)
  }
  response.end()
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })
}

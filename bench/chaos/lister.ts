import { type ClientHttp2Session, connect } from 'node:http2'
import { answerRequests } from '../peer.ts'
import { createWatcher, type Listed } from './watcher.ts'

/**
 * The client of the chaos scenario, in a process of its own: lists all pods ten times a second, whatever happens, and
 * holds every answer against the pods that must be there.
 */
export type ListerRequest =
  /** From now on every list goes to the next of these; certificates as PEM, no `ca`: none is verified. */
  | { do: 'ask'; urls: string[]; cert: string; key: string; ca?: string }
  /** These pods (`namespace/name`) must be in every list sent at `mustMs` or later (milliseconds since the epoch). */
  | { do: 'expect'; keys: string[]; mustMs: number }
  | { do: 'forget'; keys: string[] }
  | { do: 'start' }
  | { do: 'stop' }

const path = '/apis/metrics.k8s.io/v1/pods'
const periodMs = 100
const timeoutMs = 10_000
/** Lists under way at once: beyond that the answers are too slow to ask for more. */
const mostUnderWay = 5

type Place = { url: string; session?: ClientHttp2Session }

let credentials: { cert: string; key: string; ca?: string } = { cert: '', key: '' }
let places: Place[] = []
let turn = 0
let timer: NodeJS.Timeout | undefined
const watcher = createWatcher()
const underWay = new Set<Promise<void>>()

async function handle(request: ListerRequest): Promise<Listed | null> {
  if (request.do === 'ask') ask(request)
  if (request.do === 'expect') watcher.expect(request.keys, request.mustMs)
  if (request.do === 'forget') watcher.forget(request.keys)
  if (request.do === 'start') {
    watcher.reset()
    timer ??= setInterval(list, periodMs)
  }
  if (request.do !== 'stop') return null
  clearInterval(timer)
  timer = undefined
  await Promise.all(underWay)
  return watcher.seen()
}

function ask({ urls, cert, key, ca }: Extract<ListerRequest, { do: 'ask' }>) {
  for (const { session } of places) session?.destroy()
  credentials = ca === undefined ? { cert, key } : { cert, key, ca }
  places = urls.map((url) => ({ url }))
}

function list() {
  if (underWay.size >= mostUnderWay) return watcher.skipped()
  const place = places[turn++ % places.length]
  if (!place) return
  const sentMs = Date.now()
  const answer = get(sessionOf(place)).then(
    (body) => watcher.answered(body, sentMs),
    (error: Error) => {
      // A request of ours that was under way when we were told to ask elsewhere says nothing.
      if (places.includes(place)) watcher.failed(error.message)
    },
  )
  const asked: Promise<void> = answer.finally(() => underWay.delete(asked))
  underWay.add(asked)
}

function sessionOf(place: Place): ClientHttp2Session {
  if (place.session && !place.session.closed && !place.session.destroyed) return place.session
  const trust = credentials.ca === undefined ? { rejectUnauthorized: false } : {}
  place.session = connect(place.url, { ...credentials, ...trust })
  place.session.settings({ initialWindowSize: 2 ** 23 })
  place.session.once('connect', (session) => session.setLocalWindowSize(2 ** 24))
  // Told to each request.
  place.session.on('error', () => {})
  return place.session
}

function get(session: ClientHttp2Session): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path, accept: 'application/json' })
    let status = 0
    const chunks: Buffer[] = []
    stream.setTimeout(timeoutMs, () => stream.destroy(new Error('no answer within 10 s')))
    stream.on('response', (headers) => {
      status = Number(headers[':status'])
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('close', () => reject(new Error('the connection broke')))
    stream.on('end', () => {
      const body = Buffer.concat(chunks)
      if (status === 200) resolve(body)
      else reject(new Error(`status ${status}: ${body.toString().slice(0, 200)}`))
    })
  })
}

answerRequests(handle, async () => {
  clearInterval(timer)
  for (const { session } of places) session?.destroy()
})

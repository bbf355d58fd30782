import { readFileSync } from 'node:fs'
import { type ClientHttp2Session, connect } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Ages, createAgeCounter } from '../compare/ages.ts'
import { answerRequests } from '../peer.ts'
import { admin } from '../users.ts'
import { atEvenTimes } from './even-times.ts'
import { itemsOf } from './items.ts'

/** A client of the Metrics API in a process of its own, over TLS and HTTP/2, as the aggregation layer is one. */
export type ListClientRequest =
  | { do: 'target'; url: string; ca: string; cert: string; key: string }
  /**
   * Asks until the first whole answer with `pods` items, again `againMs` after one with fewer; resolves to the time
   * then, milliseconds since the epoch. A `part` of all pods is asked for until it is whole, then all: that costs less.
   */
  | { do: 'first'; pods: number; withinMs?: number; againMs?: number; part?: { path: string; pods: number } }
  /** Asks until nodes and pods have been listed; resolves to the time then, milliseconds since the epoch. */
  | { do: 'synced'; everyMs?: number }
  /** One request after the other. */
  | { do: 'ask'; question: Question; times: number; pauseMs: number }
  /** Lists of pods (JSON), each path once every `everyMs`, evenly spread, whatever the answers take: how old their samples are. */
  | { do: 'ages'; podsFile: string; questions: Question[]; everyMs: number; forMs: number }
  /** So many a second, evenly spread, whatever the answers take. */
  | { do: 'rate'; questions: Question[]; perSecond: number; forMs: number }
  /** As fast as answers come, over several connections. */
  | { do: 'load'; question: Question; connections: number; inFlight: number; ms: number }

export type Question = {
  path: string
  accept?: string
  gzip?: boolean
  /** Of the one who asks through the front proxy. */
  user: string
  groups?: string[]
}

export type Asked = {
  /** From the request to the last byte, milliseconds. */
  tookMs: number[]
  /** Of the last answer, as it came. */
  bytes: number
  contentType: string
  /** Of the last answer where it is an uncompressed list. */
  items?: number
}

const pods = '/apis/metrics.k8s.io/v1beta1/pods'

let target: Extract<ListClientRequest, { do: 'target' }> | undefined
const sessions: ClientHttp2Session[] = []

answerRequests<ListClientRequest>(handle, async () => {
  for (const session of sessions) session.destroy()
})

async function handle(request: ListClientRequest): Promise<unknown> {
  switch (request.do) {
    case 'target':
      for (const session of sessions.splice(0)) session.destroy()
      target = request
      return null
    case 'first':
      return first(request)
    case 'synced':
      return synced(request.everyMs)
    case 'ask':
      return askRepeatedly(request.question, request.times, request.pauseMs)
    case 'ages':
      return agesOf(request)
    case 'rate':
      return atRate(request)
    case 'load':
      return load(request)
  }
}

function sessionOf(index: number): ClientHttp2Session {
  const known = sessions[index]
  if (known && !known.closed && !known.destroyed) return known
  if (!target) throw new Error('no target')
  const { url, ca, cert, key } = target
  const [caPem, certPem, keyPem] = [ca, cert, key].map((file) => readFileSync(file))
  // Windows as large as Go's transport has them.
  const session = connect(url, {
    ...{ ca: caPem, cert: certPem, key: keyPem },
    settings: { initialWindowSize: 4 << 20 },
  })
  session.once('connect', () => session.setLocalWindowSize(1 << 30))
  session.on('error', () => {})
  sessions[index] = session
  return session
}

type Whole = { status: number; contentType: string; chunks: Buffer[]; bytes: number }

function get({ path, accept, gzip, user, groups = [] }: Question, session = sessionOf(0)): Promise<Whole> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':path': path,
      'x-remote-user': user,
      'x-remote-group': groups,
      accept: accept ?? 'application/json',
      ...(gzip ? { 'accept-encoding': 'gzip' } : {}),
    })
    let [status, contentType, bytes] = [0, '', 0]
    const chunks: Buffer[] = []
    stream.on('response', (headers) => {
      status = headers[':status'] ?? 0
      contentType = String(headers['content-type'])
    })
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      chunks.push(chunk)
    })
    stream.on('end', () => resolve({ status, contentType, chunks, bytes }))
    stream.on('error', reject)
    stream.end()
  })
}

/** @throws Error where the answer has another status than 200 */
async function getOk(question: Question, session?: ClientHttp2Session): Promise<Whole> {
  const answer = await get(question, session)
  if (answer.status !== 200) throw new Error(`${question.path} was answered with ${answer.status}`)
  return answer
}

async function agesOf({
  podsFile,
  questions,
  everyMs,
  forMs,
}: Extract<ListClientRequest, { do: 'ages' }>): Promise<Ages[]> {
  const counter = createAgeCounter(podsFile)
  const everyOne = everyMs / questions.length
  await atEvenTimes(Math.floor(forMs / everyOne), everyOne, async (n) => {
    const { chunks } = await getOk(questions[n % questions.length] as Question)
    const atMs = Date.now()
    counter.count(Buffer.concat(chunks).toString(), atMs)
  })
  return counter.ages()
}

async function atRate({
  questions,
  perSecond,
  forMs,
}: Extract<ListClientRequest, { do: 'rate' }>): Promise<Asked> {
  const tookMs: number[] = []
  let [bytes, contentType] = [0, '']
  await atEvenTimes(Math.ceil((perSecond * forMs) / 1000), 1000 / perSecond, async (n) => {
    const startedMs = performance.now()
    const answer = await getOk(questions[n % questions.length] as Question)
    tookMs.push(performance.now() - startedMs)
    bytes += answer.bytes
    contentType = answer.contentType
  })
  return { tookMs, bytes, contentType }
}

type First = Extract<ListClientRequest, { do: 'first' }>

async function first({ pods: wanted, withinMs = 60_000, againMs = 20, part }: First): Promise<number> {
  let seen = ''
  /** When a list with so many items had come. */
  const whole = async (path: string, items: number) => {
    const { status, contentType, chunks } = await get({ path, ...admin })
    const atMs = Date.now()
    const body = Buffer.concat(chunks)
    const found = status === 200 ? itemsOf(body, contentType) : undefined
    seen = found === undefined ? `${status} ${body.subarray(0, 200)}` : `${found} of ${items} pods`
    return found === items ? atMs : undefined
  }
  for (const untilMs = Date.now() + withinMs; Date.now() < untilMs; await sleep(againMs)) {
    try {
      if (part && !(await whole(part.path, part.pods))) continue
      const atMs = await whole(pods, wanted)
      if (atMs !== undefined) return atMs
    } catch (error) {
      seen = String(error)
    }
  }
  throw new Error(`no complete list within ${withinMs / 1000} s; at last: ${seen}`)
}

async function synced(everyMs = 20): Promise<number> {
  const left = ['metric-informer-sync', 'metadata-informer-sync']
  for (const untilMs = Date.now() + 60_000; Date.now() < untilMs; ) {
    const path = `/readyz/${left[0]}`
    const isSo = await get({ path, ...admin }).then(
      ({ status }) => status === 200,
      () => false,
    )
    if (!isSo) await sleep(everyMs)
    else if (left.shift() && left.length === 0) return Date.now()
  }
  throw new Error('nodes and pods were not listed within a minute')
}

async function askRepeatedly(question: Question, times: number, pauseMs: number): Promise<Asked> {
  const tookMs: number[] = []
  let last: Whole | undefined
  for (let n = 0; n < times; n++) {
    const startedMs = performance.now()
    last = await getOk(question)
    tookMs.push(performance.now() - startedMs)
    if (pauseMs > 0) await sleep(pauseMs)
  }
  const { bytes = 0, contentType = '' } = last ?? {}
  const items = last && !question.gzip ? itemsOf(Buffer.concat(last.chunks), contentType) : undefined
  return { tookMs, bytes, contentType, ...(items === undefined ? {} : { items }) }
}

async function load({ question, connections, inFlight, ms }: Extract<ListClientRequest, { do: 'load' }>) {
  const untilMs = performance.now() + ms
  let answers = 0
  const one = async (index: number) => {
    while (performance.now() < untilMs) {
      await getOk(question, sessionOf(index))
      answers++
    }
  }
  await Promise.all(Array.from({ length: connections * inFlight }, (_, n) => one(n % connections)))
  return (answers * 1000) / ms
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import { type Account, enter, type Scrape } from './accounts.ts'
import type { Refusal } from './credentials.ts'
import { type Fault, spoil } from './faults.ts'
import type { NodeReader } from './series.ts'

/** What answering needs to know of the kubelet that was asked. */
export type Asked = { account: Account; reader: NodeReader; fault: Fault | undefined }

export type AnswerOptions = {
  gate(request: IncomingMessage): Promise<Refusal | undefined>
  now(): number
}

/** Both say the same, in two formats. */
const SCRAPED = ['/metrics/resource', '/stats/summary']
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
const compress = promisify(gzip)
/** A tenth of the usual memory for each answer: V8 counts it, and would collect the whole heap all the time. */
const compression = { level: constants.Z_BEST_SPEED, windowBits: 12, memLevel: 5 }

export type Answerer = (
  asked: Asked,
  request: IncomingMessage,
  response: ServerResponse,
  socket: Socket,
) => Promise<void>

export function createAnswerer(options: AnswerOptions): Answerer {
  return async (asked, request, response, socket) => {
    const arrivedMs = options.now()
    const path = request.url?.split('?')[0] ?? ''
    const scrape = SCRAPED.includes(path) ? enter(asked.account, arrivedMs) : undefined
    if (scrape) settle(scrape, response)
    if (asked.fault?.kind === 'hang') return
    if (scrape && asked.fault?.kind === 'dropNext') {
      asked.fault = undefined
      socket.resetAndDestroy()
      return
    }
    const refusal = await options.gate(request)
    if (refusal) plain(response, refusal.status, refusal.body)
    else if (request.url === '/healthz') plain(response, 200, 'ok')
    else if (!scrape || (asked.fault?.kind === 'noResource' && path === '/metrics/resource'))
      plain(response, 404, '404 page not found\n')
    else if (request.method !== 'GET') plain(response, 405, 'Method Not Allowed\n')
    else await answerScrape(asked, request, response, { scrape, socket, summary: path === '/stats/summary' })
  }
}

function settle(scrape: Scrape, response: ServerResponse): void {
  response.once('finish', () => {
    scrape.answered = true
    scrape.status = response.statusCode
  })
}

function plain(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(body)
}

async function answerScrape(
  asked: Asked,
  request: IncomingMessage,
  response: ServerResponse,
  { scrape, socket, summary }: { scrape: Scrape; socket: Socket; summary: boolean },
): Promise<void> {
  const { fault, reader } = asked
  const skewMs = fault?.kind === 'clockStep' ? fault.ms : 0
  const full = summary ? reader.summary(scrape.atMs, skewMs) : reader.text(scrape.atMs, skewMs)
  const text = fault?.kind === 'lacks' ? withoutSeries(full, fault.what) : full
  const accepted = fault?.kind !== 'noGzip' && acceptsGzip(request.headers['accept-encoding'])
  const body = accepted ? await compress(text, compression) : Buffer.from(text)
  response.setHeader('Content-Type', summary ? 'application/json' : CONTENT_TYPE)
  if (skewMs !== 0) response.setHeader('Date', new Date(Date.now() + skewMs).toUTCString())
  if (accepted && !poured(fault)) response.setHeader('Content-Encoding', 'gzip')
  if (await spoil(fault, { response, scrape, socket, body })) return
  scrape.bytes = body.length
  response.setHeader('Content-Length', body.length)
  response.end(body)
}

function withoutSeries(text: string, of: 'node' | 'pods'): string {
  const series = of === 'node' ? /^node_/ : /^(pod|container)_/
  return text
    .split('\n')
    .filter((line) => !series.test(line))
    .join('\n')
}

/** These bodies are made up, and not compressed. */
function poured(fault: Fault | undefined): boolean {
  const kind = fault?.kind
  return kind === 'garbage' || kind === 'large' || kind === 'endless'
}

/** As Prometheus' handler decides: the word `gzip`, whatever its weight unless zero. */
function acceptsGzip(header: string | string[] | undefined): boolean {
  const parts = String(header ?? '')
    .split(',')
    .map((part) => part.trim().replaceAll(' ', ''))
  return parts.some((part) => /^gzip(;|$)/.test(part) && !/;q=0(\.0*)?$/.test(part))
}

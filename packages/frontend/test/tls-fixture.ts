import { mkdtemp, rm } from 'node:fs/promises'
import http2, { type ClientHttp2Session } from 'node:http2'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generatedPair, type ServingPair } from '@metrics-ring/common/tls'

let pair: Promise<ServingPair> | undefined

/** One self-signed serving pair for localhost, made once a test run. */
export function servingPair(): Promise<ServingPair> {
  pair ??= makePair()
  return pair
}

/** Another such pair. */
export async function makePair(): Promise<ServingPair> {
  const directory = await mkdtemp(join(tmpdir(), 'frontend-tls-'))
  try {
    return await generatedPair(directory, ['localhost'], ['127.0.0.1'], Date.now())
  } finally {
    await rm(directory, { recursive: true })
  }
}

export type Got = { status: number; headers: Record<string, unknown>; body: Buffer }
export type Ask = { path: string; headers?: Record<string, string | string[]>; method?: string }

export async function connectH2(port: number): Promise<ClientHttp2Session> {
  const { cert } = await servingPair()
  const session = http2.connect(`https://localhost:${port}`, { ca: cert, servername: 'localhost' })
  session.on('error', () => {})
  return session
}

export function askH2(session: ClientHttp2Session, { path, headers, method = 'GET' }: Ask): Promise<Got> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path, ':method': method, ...headers })
    const chunks: Buffer[] = []
    let got: Record<string, unknown> = {}
    stream.on('response', (each) => {
      got = each
    })
    stream.on('data', (chunk) => chunks.push(Buffer.from(chunk)))
    stream.on('error', reject)
    stream.on('close', () => {
      if (got[':status'] === undefined) reject(new Error(`no answer, stream closed with ${stream.rstCode}`))
      resolve({ status: Number(got[':status']), headers: got, body: Buffer.concat(chunks) })
    })
    stream.end()
  })
}

export async function askH1(
  port: number,
  { path, headers, method = 'GET' }: Ask,
  agent?: https.Agent,
): Promise<Got> {
  const { cert } = await servingPair()
  return new Promise((resolve, reject) => {
    const options = {
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: cert,
      path,
      method,
      headers: headers ?? {},
    }
    const request = https.request({ ...options, agent: agent ?? false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
    request.on('error', reject)
    request.end()
  })
}

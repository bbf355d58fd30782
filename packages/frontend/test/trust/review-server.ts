import https from 'node:https'
import { json } from 'node:stream/consumers'
import { servingPair } from '../tls-fixture.ts'
import { created } from './review-client.ts'
import { close, listen } from './secured-fixture.ts'

/** An API server that judges tokens and access, over HTTPS. */
export type ReviewServer = {
  url: string
  /** Of good tokens, the user name. */
  tokens: Map<string, string>
  /** Names of users who may do everything. */
  mayAll: Set<string>
  asked: { path: string; spec: Record<string, unknown> }[]
  close(): Promise<void>
}

export async function startReviewServer(): Promise<ReviewServer> {
  const server = https.createServer(await servingPair())
  const state = {
    tokens: new Map<string, string>(),
    mayAll: new Set<string>(),
    asked: [] as ReviewServer['asked'],
  }
  server.on('request', async (request, response) => {
    const { spec } = (await json(request)) as { spec: Record<string, string> }
    state.asked.push({ path: request.url ?? '', spec })
    const username = state.tokens.get(spec.token ?? '')
    const verdict = request.url?.endsWith('tokenreviews')
      ? { authenticated: username !== undefined, user: { username, groups: ['ops'] } }
      : { allowed: state.mayAll.has(spec.user ?? '') }
    const { status, body } = created(verdict)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  const port = await listen(server)
  return { ...state, url: `https://localhost:${port}`, close: () => close(server) }
}

import { once } from 'node:events'
import { connect } from 'node:http2'
import { readAccess } from './http.ts'

export type Load = {
  /** Resolves when all that was sent is answered. Of each kind of answer, how many: `200`, or what went wrong. */
  stop(): Promise<Map<string, number>>
  sent(): number
}

const patienceMs = 30_000

/** Sends so many requests a second through the aggregation layer, over HTTP/2 as Go clients do, however long answers take. */
export function startLoad(kubeconfig: string, paths: readonly string[], perSecond: number): Load {
  const { url, ca, token } = readAccess(kubeconfig)
  const session = connect(url, { ca })
  const answers = new Map<string, number>()
  const waiting = new Set<Promise<void>>()
  const startedMs = performance.now()
  let sent = 0
  const count = (what: string) => void answers.set(what, (answers.get(what) ?? 0) + 1)
  session.on('error', (error) => count(`connection: ${error.message}`))

  async function ask(path: string): Promise<string> {
    const stream = session.request({ ':path': path, authorization: `Bearer ${token}` })
    stream.setTimeout(patienceMs, () => stream.destroy(new Error('no answer')))
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
    const text = (await stream.toArray()).join('')
    return headers[':status'] === 200 ? '200' : `${headers[':status']} ${text.slice(0, 200)}`
  }
  const timer = setInterval(() => {
    const due = ((performance.now() - startedMs) / 1000) * perSecond
    for (; sent < due; sent++) {
      const asked = ask(paths[sent % paths.length] ?? '/')
        .catch((error) => `${error}`)
        .then(count)
        .finally(() => waiting.delete(asked))
      waiting.add(asked)
    }
  }, 5)
  return {
    sent: () => sent,
    async stop() {
      clearInterval(timer)
      await Promise.all(waiting)
      session.close()
      return answers
    },
  }
}

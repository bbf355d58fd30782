import { connect } from 'node:net'
import { freePort } from '@metrics-ring/common/testing/free-port'
import { expect } from 'chai'
import { serveHealth } from '../../src/report/health.ts'

describe('the health port of a shard', () => {
  let failure: string | undefined
  let base = ''
  let stop: () => void | Promise<void>

  before(async () => {
    const port = await freePort()
    base = `http://127.0.0.1:${port}`
    stop = await serveHealth(port, '127.0.0.1', {
      checks: () => [{ name: 'store', failure }],
      ring: () => ({ members: ['a'] }),
      nodes: (limit) => ({ limit }),
      metrics: async () => '# HELP a_total What a counts.\n',
    })
  })
  after(() => stop())
  const get = async (path: string) => {
    const response = await fetch(base + path)
    return { status: response.status, text: await response.text() }
  }

  it('is live whatever the store and the kubelets do, and ready when every check holds', async () => {
    failure = 'it has not answered yet'
    expect((await get('/livez')).status).to.equal(200)
    const unready = await get('/readyz')
    expect(unready.status).to.equal(503)
    expect(unready.text).to.include('[-]store failed: it has not answered yet')
    failure = undefined
    expect(await get('/readyz')).to.deep.equal({ status: 200, text: 'ok' })
    expect((await get('/readyz?verbose')).text).to.include('[+]store ok')
  })

  it('shows the ring and the nodes, as many as asked for', async () => {
    expect(JSON.parse((await get('/debug/ring')).text)).to.deep.equal({ members: ['a'] })
    expect(JSON.parse((await get('/debug/nodes?limit=7')).text)).to.deep.equal({ limit: 7 })
    expect(JSON.parse((await get('/debug/nodes?limit=x')).text)).to.deep.equal({ limit: 100 })
  })

  it('tells its metrics in the format of Prometheus', async () => {
    const response = await fetch(`${base}/metrics`)
    expect(response.headers.get('content-type')).to.equal('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).to.equal('# HELP a_total What a counts.\n')
  })

  it('goes on whatever stands in a request line', async () => {
    const { port } = new URL(base)
    const answerTo = (target: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), '127.0.0.1', () =>
          socket.end(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
        )
        let answer = ''
        socket.on('data', (chunk) => {
          answer += String(chunk)
        })
        socket.on('error', reject).on('close', () => resolve(answer.split('\r\n')[0] ?? ''))
      })
    for (const target of ['//', '//x:y', 'http://[']) {
      expect(await answerTo(target), target).to.equal('HTTP/1.1 404 Not Found')
    }
    expect((await get('/livez')).status).to.equal(200)
  })

  it('names its paths where there is none', async () => {
    expect(await get('/')).to.deep.equal({
      status: 404,
      text: 'paths: /livez /readyz /metrics /debug/ring /debug/nodes\n',
    })
  })
})

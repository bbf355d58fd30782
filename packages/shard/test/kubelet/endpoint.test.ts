import { expect } from 'chai'
import { createEndpoints, type EndpointChoice } from '../../src/kubelet/endpoint.ts'
import type { KubeletTarget } from '../../src/kubelet/kubelet-target.ts'
import { failure, type ScrapeReason } from '../../src/kubelet/reasons.ts'

const hourMs = 3_600_000

function setUp(choice: EndpointChoice) {
  let nowMs = 0
  const asked: string[] = []
  /** What each path answers; `ok` where none is said. */
  const answers: Record<string, ScrapeReason | undefined> = {}
  const endpoints = createEndpoints({
    choice,
    mono: () => nowMs,
    kubelets: {
      async scrape({ path }) {
        asked.push(path)
        const reason = answers[path]
        if (reason) return { ...failure(reason, ''), tookMs: 1 }
        return { ok: true, body: Buffer.from(''), wireBytes: 0, date: '', address: '127.0.0.1', tookMs: 1 }
      },
    },
  })
  const fetch = async (more: Partial<KubeletTarget> = {}) => {
    asked.length = 0
    const target = { node: 'n', uid: 'u1', addresses: [], port: 1, path: '/metrics/resource', ...more }
    const fetched = await endpoints.fetch(target, {})
    return [...asked, fetched.ok ? fetched.format : fetched.reason]
  }
  return { fetch, answers, endpoints, pass: (ms: number) => (nowMs += ms) }
}

describe('the endpoint of a kubelet', () => {
  it('is /metrics/resource, and /stats/summary at once where that is not found', async () => {
    const { fetch, answers } = setUp('auto')
    expect(await fetch()).to.deep.equal(['/metrics/resource', 'resource'])
    answers['/metrics/resource'] = 'not_found'
    expect(await fetch()).to.deep.equal(['/metrics/resource', '/stats/summary', 'summary'])
  })

  it('is remembered for an hour, of each node by itself', async () => {
    const { fetch, answers, pass, endpoints } = setUp('auto')
    answers['/metrics/resource'] = 'not_found'
    await fetch()
    pass(hourMs - 1)
    expect(await fetch()).to.deep.equal(['/stats/summary', 'summary'])
    expect(await fetch({ uid: 'u2' })).to.have.length(3)
    pass(1)
    expect(await fetch()).to.have.length(3)
    delete answers['/metrics/resource']
    pass(hourMs)
    expect(await fetch()).to.deep.equal(['/metrics/resource', 'resource'])
    answers['/metrics/resource'] = 'not_found'
    await fetch()
    endpoints.retain(new Set())
    expect(await fetch(), 'after the node had left').to.have.length(3)
  })

  it('does not change for any other failure, and is not remembered where neither is found', async () => {
    const { fetch, answers } = setUp('auto')
    for (const reason of ['forbidden', 'timeout', 'status_5xx'] as const) {
      answers['/metrics/resource'] = reason
      expect(await fetch()).to.deep.equal(['/metrics/resource', reason])
    }
    answers['/metrics/resource'] = 'not_found'
    answers['/stats/summary'] = 'not_found'
    for (let i = 0; i < 2; i++)
      expect(await fetch()).to.deep.equal(['/metrics/resource', '/stats/summary', 'not_found'])
    answers['/stats/summary'] = 'forbidden'
    expect(await fetch()).to.deep.equal(['/metrics/resource', '/stats/summary', 'forbidden'])
  })

  it('can be fixed, but for nodes whose annotation names a path', async () => {
    const summary = setUp('summary')
    expect(await summary.fetch()).to.deep.equal(['/stats/summary', 'summary'])
    expect(await summary.fetch({ path: '/own' })).to.deep.equal(['/own', 'resource'])
    const resource = setUp('resource')
    resource.answers['/metrics/resource'] = 'not_found'
    expect(await resource.fetch()).to.deep.equal(['/metrics/resource', 'not_found'])
  })
})

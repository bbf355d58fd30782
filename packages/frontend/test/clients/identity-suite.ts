import { serviceAccounts } from '@metrics-ring/sim/apiserver/bootstrap-policy'
import { expect } from 'chai'
import type { Installation } from '../contract/installation.ts'
import { createHttpClient, type HttpClient, readAccess } from './http.ts'

const nodes = '/apis/metrics.k8s.io/v1beta1/nodes'
const masters = { 'x-remote-user': 'root', 'x-remote-group': 'system:masters', 'x-remote-uid': '0' }

/** Nobody becomes another by a header: not through the aggregation layer, and not by going around it. */
export function identitySuite(installation: () => Installation): void {
  const open: HttpClient[] = []
  after(() => {
    for (const client of open) client.close()
  })
  function through(account: string): HttpClient {
    const client = createHttpClient(readAccess(installation().cluster.serviceAccountKubeconfig(account)))
    open.push(client)
    return client
  }
  /** Straight to the first frontend. */
  function direct(account?: string): HttpClient {
    const { cluster, deployment } = installation()
    const token =
      account === undefined ? {} : { token: readAccess(cluster.serviceAccountKubeconfig(account)).token }
    const client = createHttpClient({ url: `https://127.0.0.1:${deployment.frontends()[0]?.port}`, ...token })
    open.push(client)
    return client
  }
  const messageOf = (text: string) => JSON.parse(text).message as string

  it('X-Remote-* of a client are stripped by the aggregation layer', async () => {
    const { status, text } = await through('default:other').get(nodes, masters)
    expect(status).to.equal(403)
    expect(messageOf(text)).to.include('User "system:serviceaccount:default:other" cannot list')
    expect((await through(serviceAccounts.viewer).get(nodes, { 'x-remote-user': 'nobody' })).status).to.equal(
      200,
    )
  })

  it('X-Remote-* mean nothing without the certificate of the front proxy', async () => {
    const stranger = await direct().get(nodes, masters)
    expect(stranger.status).to.equal(403)
    expect(messageOf(stranger.text)).to.include('User "system:anonymous" cannot list')
    const known = await direct('default:other').get(nodes, masters)
    expect(known.status).to.equal(403)
    expect(messageOf(known.text)).to.include('User "system:serviceaccount:default:other" cannot list')
  })

  it('a token is as good as through the aggregation layer, and a bad one is 401', async () => {
    expect((await direct(serviceAccounts.viewer).get(nodes)).status).to.equal(200)
    const bad = await direct().get(nodes, { authorization: 'Bearer nonsense' })
    expect([bad.status, JSON.parse(bad.text).reason]).to.deep.equal([401, 'Unauthorized'])
  })

  it('Impersonate-* are refused when they come directly, whoever asks', async () => {
    for (const headers of [
      { 'impersonate-user': 'root' },
      { 'impersonate-group': 'system:masters' },
      { 'impersonate-uid': '0' },
      { 'impersonate-extra-scopes': 'all' },
    ]) {
      const { status, text } = await direct(serviceAccounts.viewer).get(nodes, headers)
      expect([status, JSON.parse(text).reason]).to.deep.equal([403, 'Forbidden'])
    }
  })

  it('Impersonate-* through the aggregation layer are its own affair', async () => {
    const { status, text } = await through(serviceAccounts.viewer).get(nodes, { 'impersonate-user': 'root' })
    expect(status).to.equal(403)
    expect(messageOf(text)).to.include('cannot impersonate')
    const { kubectl } = installation()
    const { code } = await kubectl('get', '--raw', nodes, '--as=jane', '--as-group=system:masters')
    expect(code).to.equal(0)
  })
}

import { existsSync, readFileSync } from 'node:fs'
import { request } from 'node:https'
import { expect } from 'chai'
import { serviceAccounts } from '../src/apiserver/bootstrap-policy.ts'
import { type Cluster, startCluster } from '../src/cluster.ts'
import { createClient } from './apiserver/harness.ts'

describe('a simulated cluster', () => {
  let cluster: Cluster
  before(async () => {
    cluster = await startCluster({ nodes: 3, podsPerNode: 4, seed: 1 })
  })
  after(() => cluster.close())

  const token = (account: string) => cluster.apiserver.tokens.issueForServiceAccount(account)

  function scrape(node: string, bearer: string): Promise<number> {
    const { url } = cluster.kubelets.forNode(node)
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const options = {
      ca: readFileSync(cluster.caPath),
      headers: { authorization: `Bearer ${bearer}` },
      agent: false,
    }
    request(`${url}/metrics/resource`, options, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .once('error', reject)
      .end()
    return promise
  }

  it('shows its model through the API server, and follows it', async () => {
    const client = createClient(cluster, token(serviceAccounts.frontend))
    const pods = async () => (await client.get('/api/v1/pods')).json.items.length
    expect((await client.get('/api/v1/nodes')).json.items).to.have.length(3)
    expect(await pods()).to.equal(12)
    cluster.model.createPod()
    expect(await pods()).to.equal(13)
    client.close()
  })

  it('has kubelets that ask the API server who may scrape them', async () => {
    const [node] = cluster.model.nodes()
    expect(await scrape(node?.name ?? '', token(serviceAccounts.shard))).to.equal(200)
    expect(await scrape(node?.name ?? '', token(serviceAccounts.viewer))).to.equal(403)
    expect(await scrape(node?.name ?? '', 'no-such-token')).to.equal(401)
  })

  it('cannot have an unknown token reviewed while the API server is down, but remembers known ones', async () => {
    const [node] = cluster.model.nodes()
    const [known, unknown] = [token(serviceAccounts.shard), token(serviceAccounts.shard)]
    await scrape(node?.name ?? '', known)
    cluster.apiserver.setOutage('down')
    expect(await scrape(node?.name ?? '', unknown)).to.equal(401)
    expect(await scrape(node?.name ?? '', known)).to.equal(200)
    cluster.apiserver.setOutage(undefined)
  })

  it('leaves nothing behind', async () => {
    const other = await startCluster({ nodes: 1, podsPerNode: 1 })
    expect(existsSync(other.kubeconfigPath)).to.equal(true)
    await other.close()
    expect(existsSync(other.dir)).to.equal(false)
  })
})

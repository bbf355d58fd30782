import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { issueFrontProxyClient } from '@metrics-ring/sim/apiserver/aggregator/aggregator'
import { type ApiServer, startApiServer } from '@metrics-ring/sim/apiserver/api-server'
import { writeKubeconfig } from '@metrics-ring/sim/apiserver/kubeconfig'
import { partialListChunks } from '@metrics-ring/sim/apiserver/partial-protobuf'
import { resourceTypes } from '@metrics-ring/sim/apiserver/resources'
import type { Model } from '@metrics-ring/sim/model/model'
import { createAuthority } from '@metrics-ring/sim/pki'

/** A simulated API server, and the files that its clients need, in a folder of their own until `close`. */
export type ApiPlane = Awaited<ReturnType<typeof startApiPlane>>

export async function startApiPlane() {
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-bench-'))
  const [clusterCa, frontProxyCa] = [
    await createAuthority('kubernetes'),
    await createAuthority('front-proxy'),
  ]
  const apiserver = await startApiServer({ clusterCa, frontProxyCa })
  /** Returns the file's path. */
  const save = (name: string, text: string) => {
    writeFileSync(join(dir, name), text, { mode: 0o600 })
    return join(dir, name)
  }
  const serving = await clusterCa.issue({
    commonName: 'metrics-server',
    dnsNames: ['localhost'],
    usages: ['serverAuth'],
  })
  const proxy = await issueFrontProxyClient(frontProxyCa)
  return {
    apiserver,
    clusterCa,
    save,
    /** PEM: the cluster's CA, a serving certificate for `localhost`, a front proxy's client certificate. */
    files: {
      ca: save('ca.crt', clusterCa.certPem),
      cert: save('tls.crt', serving.certPem),
      key: save('tls.key', serving.keyPem),
      proxyCert: save('proxy.crt', proxy.certPem),
      proxyKey: save('proxy.key', proxy.keyPem),
    },
    /** A kubeconfig of a service account (`namespace:name`); `client` tells its holder apart in the counts. */
    account(account: string, client: string): string {
      const token = apiserver.tokens.issueForServiceAccount(account, client)
      return writeKubeconfig(join(dir, `${client}.kubeconfig`), apiserver.url, clusterCa.certPem, { token })
    },
    async close() {
      await apiserver.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** An API server has every object's bytes at hand; this one makes them the first time: before anybody is measured. */
export function publish(model: Model, { sink, storage }: ApiServer): void {
  model.publish(sink)
  const pods = resourceTypes.find(({ resource }) => resource === 'pods')
  if (!pods) return
  for (const entry of partialListChunks({ resourceVersion: '0' }, storage.list(pods))) void entry
}

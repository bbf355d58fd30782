import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApiServer, type ApiServerOptions, startApiServer } from './apiserver/api-server.ts'
import { writeKubeconfig } from './apiserver/kubeconfig.ts'
import { type CertificateAuthority, createAuthority } from './pki.ts'

export type ControlPlaneOptions = Omit<ApiServerOptions, 'clusterCa' | 'frontProxyCa'> & {
  /** Where kubeconfigs and the CA go; a temporary directory that `close` removes, unless given. */
  dir?: string
}

/** An API server with its authorities and the files that lead to it. */
export type ControlPlane = {
  url: string
  dir: string
  apiserver: ApiServer
  clusterCa: CertificateAuthority
  /** PEM file of the cluster CA: signs the API server, the kubelets and all client certificates. */
  caPath: string
  /** Of a cluster administrator, by client certificate. */
  kubeconfigPath: string
  /**
   * Writes a kubeconfig with a fresh token.
   * @param account `namespace:name`
   * @param client tells this holder of the account apart, for `cutOff` and the counters
   */
  serviceAccountKubeconfig(account: string, client?: string): string
  /** Writes a kubeconfig with a client certificate. */
  userKubeconfig(name: string, groups?: string[]): Promise<string>
  close(): Promise<void>
}

export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const clusterCa = await createAuthority('kubernetes')
  const frontProxyCa = await createAuthority('front-proxy-ca')
  const apiserver = await startApiServer({ ...options, clusterCa, frontProxyCa })
  const { url } = apiserver
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'metrics-ring-sim-'))
  const caPath = join(dir, 'ca.crt')
  writeFileSync(caPath, clusterCa.certPem)

  async function userKubeconfig(name: string, groups: string[] = []): Promise<string> {
    const issued = await clusterCa.issue({ commonName: name, organizations: groups, usages: ['clientAuth'] })
    const credentials = { clientCertPem: issued.certPem, clientKeyPem: issued.keyPem }
    return writeKubeconfig(join(dir, `${fileName(name)}.kubeconfig`), url, clusterCa.certPem, credentials)
  }

  return {
    url,
    dir,
    apiserver,
    clusterCa,
    caPath,
    kubeconfigPath: await userKubeconfig('kubernetes-admin', ['system:masters']),
    userKubeconfig,
    serviceAccountKubeconfig(account, client) {
      const token = apiserver.tokens.issueForServiceAccount(account, client)
      const path = join(dir, `${fileName(client ?? account)}.kubeconfig`)
      return writeKubeconfig(path, url, clusterCa.certPem, { token })
    },
    async close() {
      await apiserver.close()
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true })
    },
  }
}

function fileName(text: string): string {
  return text.replace(/[^\w.-]+/g, '-')
}

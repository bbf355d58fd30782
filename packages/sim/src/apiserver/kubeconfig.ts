import { writeFileSync } from 'node:fs'

type Credentials = { clientCertPem: string; clientKeyPem: string } | { token: string }

/** A kubeconfig of one cluster and one user, with everything inline. Written as JSON, which is YAML too. */
export function kubeconfigText(
  url: string,
  caPem: string,
  credentials: Credentials,
  namespace = 'default',
): string {
  const user =
    'token' in credentials
      ? { token: credentials.token }
      : {
          'client-certificate-data': base64(credentials.clientCertPem),
          'client-key-data': base64(credentials.clientKeyPem),
        }
  const name = 'simulated'
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: { server: url, 'certificate-authority-data': base64(caPem) } }],
      users: [{ name, user }],
      contexts: [{ name, context: { cluster: name, user: name, namespace } }],
      'current-context': name,
    },
    null,
    2,
  )}\n`
}

export function writeKubeconfig(path: string, url: string, caPem: string, credentials: Credentials): string {
  writeFileSync(path, kubeconfigText(url, caPem, credentials), { mode: 0o600 })
  return path
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

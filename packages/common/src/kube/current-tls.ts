import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { KubeAccess } from './kubeconfig.ts'

export type KubeTls = KubeAccess['tls']

/**
 * Gives the certificates to connect with now: another object after the CA, our certificate or its key have changed.
 * What cannot be used (an empty file, a key already rotated and its certificate not yet) leaves the last good ones.
 */
export function createCurrentTls({ tls: first, ca, cert, key }: KubeAccess): () => Promise<KubeTls> {
  let current = first

  function renew(texts: { ca?: string; cert?: string; key?: string }) {
    try {
      // Node.js takes a CA without a certificate for no CA at all, and would trust every public one.
      if (first.ca !== undefined) new X509Certificate(texts.ca ?? '')
      createSecureContext(texts)
    } catch {
      return
    }
    const { ca: _ca, cert: _cert, key: _key, ...fixed } = first
    current = { ...fixed, ...texts }
  }
  return async () => {
    const [caPem, certPem, keyPem] = await Promise.all([ca?.(), cert?.(), key?.()])
    const texts = {
      ...(caPem === undefined ? {} : { ca: caPem }),
      ...(certPem && keyPem ? { cert: certPem, key: keyPem } : {}),
    }
    const isSame = (['ca', 'cert', 'key'] as const).every((name) => texts[name] === current[name])
    if (ca && !isSame) renew(texts)
    return current
  }
}

/** What a request says of itself. */
export type Asked = { method: string | undefined; host: string | undefined; site: string | undefined }

/**
 * Why a request is not answered; undefined: it is. Pure.
 *
 * Whoever reaches the port is on the pod's loopback interface already (kubectl port-forward). What is kept out are pages
 * of other origins in the visitor's browser: by a name that was made to resolve to loopback (DNS rebinding) they would
 * come with a Host of theirs, otherwise with a foreign Sec-Fetch-Site.
 */
export function refusal({ method, host, site }: Asked): { status: number; text: string } | undefined {
  if (!isLoopbackHost(host)) return { status: 421, text: 'ask for localhost or 127.0.0.1\n' }
  if (method !== 'GET') return { status: 405, text: 'this page only answers GET\n' }
  const isForeign = site !== undefined && !['same-origin', 'none'].includes(site)
  return isForeign ? { status: 403, text: 'not for other sites\n' } : undefined
}

/** The port may be any: that of a port-forward is the visitor's choice. */
function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i.test(host)
}

import { isIPv6 } from 'node:net'

/** `address:port` as in a URL: IPv6 in brackets. */
export function hostPort(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`
}

/** The order to dial in: as given, but the address that worked last first, the one that hung last. */
export function dialOrder(
  addresses: string[],
  worked: string | undefined,
  hung: string | undefined,
): string[] {
  const rank = (address: string) => (address === worked ? 0 : address === hung ? 2 : 1)
  return addresses.toSorted((one, other) => rank(one) - rank(other))
}

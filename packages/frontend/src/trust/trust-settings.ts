import type { Log } from '@metrics-ring/common/log'
import { defaultIdentityHeaders } from './identity.ts'
import { parseBundle, parseNames, type RequestHeaderTrust, type TrustConfig } from './trust.ts'
import { createSlot, type Slot } from './trust-slot.ts'

/** What the flags of the same names say; an empty list is a flag not given. */
export type TrustFlags = {
  clientCaFile?: string | undefined
  requestheaderClientCaFile?: string | undefined
  requestheaderAllowedNames: readonly string[]
  requestheaderUsernameHeaders: readonly string[]
  requestheaderUidHeaders: readonly string[]
  requestheaderGroupHeaders: readonly string[]
  requestheaderExtraHeadersPrefix: readonly string[]
  authenticationTolerateLookupFailure: boolean
  authenticationSkipLookup: boolean
}

/** The trust that files and ConfigMap add up to, as far as they have been read. */
export type TrustSettings = {
  /** `data` of the ConfigMap. Each take tells whether anything has changed. */
  takeConfigMap(data: Record<string, string | undefined>): boolean
  takeClientCa(pem: string): boolean
  takeRequestHeaderCa(pem: string): boolean
  trust(): TrustConfig
}

/**
 * As in metrics-server, --client-ca-file replaces the ConfigMap's client CA, and --requestheader-client-ca-file all
 * that it says of front proxies; the other --requestheader flags replace their own setting.
 */
export function createTrustSettings(flags: TrustFlags, log: Log): TrustSettings {
  const clientCa = createSlot('client-ca-file', parseBundle, log)
  const frontProxyCa = createSlot('requestheader-client-ca-file', parseBundle, log)
  const names = (key: string) => createSlot(key, parseNames, log)
  const allowedNames = names('requestheader-allowed-names')
  const username = names('requestheader-username-headers')
  const uid = names('requestheader-uid-headers')
  const group = names('requestheader-group-headers')
  const extraPrefix = names('requestheader-extra-headers-prefix')
  const fromConfigMap = new Set<Slot<unknown>>()
  if (!flags.clientCaFile) fromConfigMap.add(clientCa)
  if (!flags.requestheaderClientCaFile) {
    for (const slot of [frontProxyCa, allowedNames, username, uid, group, extraPrefix])
      fromConfigMap.add(slot)
  }

  function requestHeader(): RequestHeaderTrust | undefined {
    const ca = frontProxyCa.value()
    if (!ca) return undefined
    const usual = defaultIdentityHeaders
    return {
      ca,
      allowedNames: given(flags.requestheaderAllowedNames) ?? allowedNames.value() ?? [],
      headers: {
        username: given(flags.requestheaderUsernameHeaders) ?? username.value() ?? usual.username,
        uid: given(flags.requestheaderUidHeaders) ?? uid.value() ?? usual.uid,
        group: given(flags.requestheaderGroupHeaders) ?? group.value() ?? usual.group,
        extraPrefix: given(flags.requestheaderExtraHeadersPrefix) ?? extraPrefix.value() ?? usual.extraPrefix,
      },
    }
  }

  return {
    takeConfigMap: (data) => [...fromConfigMap].map((slot) => slot.offer(data[slot.name])).includes(true),
    takeClientCa: (pem) => clientCa.offer(pem),
    takeRequestHeaderCa: (pem) => frontProxyCa.offer(pem),
    trust() {
      const client = clientCa.value()
      const frontProxies = requestHeader()
      return {
        ...(client ? { clientCa: client } : {}),
        ...(frontProxies ? { requestHeader: frontProxies } : {}),
      }
    },
  }
}

function given(list: readonly string[]): readonly string[] | undefined {
  return list.length > 0 ? list : undefined
}

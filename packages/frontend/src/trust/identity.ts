/** Who is asking, as a SubjectAccessReview takes it. */
export type User = {
  name: string
  uid?: string
  groups: string[]
  /** Has no prototype: its keys come from outside. */
  extra: Record<string, string[]>
}

/** Names of the headers in which the aggregator says who asks; compared without case. */
export type IdentityHeaders = {
  username: readonly string[]
  uid: readonly string[]
  group: readonly string[]
  extraPrefix: readonly string[]
}

/** What Kubernetes configures everywhere. No uid: an aggregator before 1.32 lets a client's X-Remote-Uid through. */
export const defaultIdentityHeaders: IdentityHeaders = {
  username: ['X-Remote-User'],
  uid: [],
  group: ['X-Remote-Group'],
  extraPrefix: ['X-Remote-Extra-'],
}

/** A header as it was sent: a repeated header is several pairs. */
export type HeaderPair = readonly [lowerCaseName: string, value: string]

/**
 * Pairs of a request's `rawHeaders`. Node joins repeated headers with a comma in `headers`, but a group's name may
 * contain commas; and it hands bytes over as Latin-1, though names of users are UTF-8.
 */
export function headerPairs(rawHeaders: readonly string[]): HeaderPair[] {
  const pairs: HeaderPair[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    pairs.push([(rawHeaders[at] as string).toLowerCase(), utf8(rawHeaders[at + 1] as string)])
  }
  return pairs
}

function utf8(latin1: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the test is for "ASCII only"
  return /^[\x00-\x7f]*$/.test(latin1) ? latin1 : Buffer.from(latin1, 'latin1').toString('utf8')
}

/**
 * The user that these headers name; undefined when they name none. Believe it only from a verified front proxy.
 * Rules as in kubernetes/apiserver pkg/authentication/request/headerrequest/requestheader.go.
 */
export function remoteUser(pairs: readonly HeaderPair[], headers: IdentityHeaders): User | undefined {
  const name = firstValue(pairs, headers.username)
  if (name === undefined) return undefined
  const uid = firstValue(pairs, headers.uid)
  const groups = headers.group.flatMap((group) => valuesOf(pairs, group)).filter((group) => group !== '')
  return { name, ...(uid === undefined ? {} : { uid }), groups, extra: extraOf(pairs, headers.extraPrefix) }
}

export function valuesOf(pairs: readonly HeaderPair[], name: string): string[] {
  const wanted = name.toLowerCase()
  return pairs.filter(([each]) => each === wanted).map(([, value]) => value)
}

/** Of each header only its first value counts, and of the headers the first that is not empty. */
function firstValue(pairs: readonly HeaderPair[], names: readonly string[]): string | undefined {
  return names.map((name) => valuesOf(pairs, name)[0]).find((value) => value)
}

function extraOf(pairs: readonly HeaderPair[], prefixes: readonly string[]): Record<string, string[]> {
  const extra: Record<string, string[]> = Object.create(null)
  for (const prefix of prefixes.map((each) => each.toLowerCase())) {
    for (const [name, value] of pairs) {
      if (!name.startsWith(prefix)) continue
      const key = unescaped(name.slice(prefix.length))
      extra[key] ??= []
      extra[key].push(value)
    }
  }
  return extra
}

/** A key that is not a well-formed percent-encoding stands for itself. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

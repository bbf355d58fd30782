/** One clause of an Accept header. */
export type Clause = { type: string; subtype: string; q: number; params: ReadonlyMap<string, string> }

/** Read for whoever can connect, also to write the 401: what lies behind this is not read. Bytes; clients send a few hundred. */
const longestHeader = 16_384

/**
 * The clauses of an Accept header as Kubernetes ranks them: by q, at equal q what is named before wildcards,
 * then as written. Absent or empty: anything. What is not `type/subtype` is left out.
 */
export function parseAccept(header: string | undefined): Clause[] {
  return (header || '*/*')
    .slice(0, longestHeader)
    .split(',')
    .flatMap(clauseOf)
    .sort((a, b) => b.q - a.q || wildness(a) - wildness(b))
}

/** Whether the clause allows `mediaType`, parameters aside. */
export function allows({ type, subtype }: Clause, mediaType: string): boolean {
  const [wantedType, wantedSubtype] = mediaType.split('/')
  return (
    (type === '*' && subtype === '*') ||
    (type === wantedType && (subtype === '*' || subtype === wantedSubtype))
  )
}

function clauseOf(text: string): Clause[] {
  const [range = '', ...rest] = text.split(';')
  const [type = '', subtype = type === '*' ? '*' : '', ...more] = range.trim().toLowerCase().split('/')
  if (type === '' || subtype === '' || more.length > 0) return []
  const params = new Map<string, string>()
  for (const part of rest) {
    const [key = '', value = '', ...extra] = part.split('=')
    if (value !== '' && extra.length === 0) params.set(key.trim(), value.trim())
  }
  const quality = params.get('q')
  params.delete('q')
  return [{ type, subtype, q: quality === undefined ? 1 : Number(quality) || 0, params }]
}

function wildness({ type, subtype }: Clause): number {
  return (type === '*' ? 2 : 0) + (subtype === '*' ? 1 : 0)
}

/**
 * The name that a field selector pins down (`metadata.name=X`, alone or with other terms), so that RBAC rules with
 * resourceNames apply to a list. Empty: none, or the selector cannot be read. Quoting as in
 * kubernetes/apimachinery pkg/fields/selector.go: a backslash before `\`, `,` or `=`.
 */
export function nameAsked(fieldSelector: string): string {
  let asked: string | undefined
  for (const term of splitTerms(fieldSelector)) {
    if (term === '') continue
    const parsed = parseTerm(term)
    if (!parsed) return ''
    if (parsed.key === 'metadata.name' && parsed.equal) asked ??= parsed.value
  }
  return asked !== undefined && isSegment(asked) ? asked : ''
}

/** At commas that are not quoted; quotes stay. */
function splitTerms(selector: string): string[] {
  return selector.match(/(?:\\.|[^,\\]|\\$)+/gs) ?? []
}

function parseTerm(term: string): { key: string; equal: boolean; value: string } | undefined {
  const match = /^((?:\\.|[^\\=!])*?)(!=|==|=)(.*)$/s.exec(term)
  const value = match ? unquoted(match[3] ?? '') : undefined
  return match && value !== undefined ? { key: match[1] ?? '', equal: match[2] !== '!=', value } : undefined
}

function unquoted(value: string): string | undefined {
  if (!/^(?:\\[\\,=]|[^\\,=])*$/s.test(value)) return undefined
  return value.replace(/\\(.)/gs, '$1')
}

function isSegment(name: string): boolean {
  return name !== '.' && name !== '..' && !/[/%]/.test(name)
}

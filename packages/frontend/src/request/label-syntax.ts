const keyPattern = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const keyRule = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`
const keyExamples = `(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${keyPattern}')`
const subdomainPattern = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'

const key = new RegExp(`^${keyPattern}$`)
const value = new RegExp(`^(${keyPattern})?$`)
const subdomain = new RegExp(`^${subdomainPattern}$`)

/** What is wrong with a label key, in Go's words (apimachinery IsLabelKey); empty: nothing. */
export function labelKeyFaults(text: string): string[] {
  const parts = text.split('/')
  if (parts.length > 2) {
    return [
      `a valid label key ${keyRule} ${keyExamples} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const name = parts.at(-1) as string
  const faults = parts.length === 2 ? prefixFaults(parts[0] as string) : []
  if (name === '') faults.push('name part must be non-empty')
  else if (Buffer.byteLength(name) > 63) faults.push('name part must be no more than 63 bytes')
  if (!key.test(name)) faults.push(`name part ${keyRule} ${keyExamples}`)
  return faults
}

/** What is wrong with a label value, in Go's words (apimachinery IsLabelValue); empty: nothing. */
export function labelValueFaults(text: string): string[] {
  const faults = Buffer.byteLength(text) > 63 ? ['must be no more than 63 bytes'] : []
  if (!value.test(text)) {
    faults.push(
      `a valid label must be an empty string or ${keyRule.slice('must '.length)} (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${keyPattern})?')`,
    )
  }
  return faults
}

function prefixFaults(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty']
  const faults = prefix.length > 253 ? ['prefix part must be no more than 253 bytes'] : []
  if (!subdomain.test(prefix)) {
    faults.push(
      `prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomainPattern}')`,
    )
  }
  return faults
}

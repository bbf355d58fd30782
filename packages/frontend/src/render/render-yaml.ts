/**
 * YAML text of a JSON value as Kubernetes lays it out: keys sorted, two spaces a level, a sequence as deep as its
 * key, strings bare where no YAML parser could take them for something else. Ends in a line end.
 */
export function toYaml(value: unknown): string {
  return isNested(value) ? nested(value, '') : `${scalar(value)}\n`
}

/** A value as an entry of a sequence at the margin. */
export function toYamlEntry(value: unknown): string {
  return entry(value, '')
}

type Nested = unknown[] | Record<string, unknown>

function isNested(value: unknown): value is Nested {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

function nested(value: Nested, indent: string): string {
  return Array.isArray(value)
    ? value.map((each) => entry(each, indent)).join('')
    : fieldsOf(value, indent).join('')
}

function entry(value: unknown, indent: string): string {
  const text = isNested(value) ? nested(value, `${indent}  `) : `${indent}  ${scalar(value)}\n`
  return `${indent}- ${text.slice(indent.length + 2)}`
}

function fieldsOf(value: Record<string, unknown>, indent: string): string[] {
  return Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => {
      const field = value[key]
      const name = `${indent}${scalar(key)}:`
      if (!isNested(field)) return `${name} ${scalar(field)}\n`
      return `${name}\n${nested(field, Array.isArray(field) ? indent : `${indent}  `)}`
    })
}

/** Printable ASCII that starts no structure, comment or quote. */
const bare = /^[\w./](?:(?:[!-9;-~]|:(?=[^ ])| (?!#))*[!-9;-~])?$/
/** What YAML 1.1 or 1.2 takes for a number, a date, a time or a constant. */
const typed =
  /^([\d.][\d_.:]*(e[-+]?\d*)?|0[xob][\da-f_]*|\d{4}-.*|\.(inf|nan)|y|n|yes|no|on|off|true|false|null)$/i

/** A quoted JSON string is a double-quoted YAML string too. */
function scalar(value: unknown): string {
  if (typeof value === 'string' && bare.test(value) && !typed.test(value)) return value
  return JSON.stringify(value)
}

import { goQuote } from './go-quote.ts'
import type { SelectorFault } from './label-parse.ts'

/** The fields that can be selected by. */
export type Field = 'metadata.name' | 'metadata.namespace'
export type FieldRequirement = { field: Field; operator: '=' | '!='; value: string }

/** A field selector, parsed. */
export type FieldSelector = {
  requirements: readonly FieldRequirement[]
  /** The one name that can match; undefined: any. */
  name?: string
  /** The one namespace that can match; undefined: any. */
  namespace?: string
  /** `namespace` is '' for a node. */
  matches(object: { name: string; namespace: string }): boolean
}

/** Parses a field selector; undefined where it restricts nothing. The fault is Go's text of what is wrong. */
export function parseFieldSelector(text: string): FieldSelector | SelectorFault | undefined {
  const requirements: FieldRequirement[] = []
  const unknown: string[] = []
  for (const term of termsOf(text)) {
    const { field, operator, value } = splitTerm(term) ?? {}
    if (field === undefined || operator === undefined || value === undefined) {
      return { fault: `invalid selector: '${text}'; can't understand '${term}'` }
    }
    const plain = unescaped(value)
    if (typeof plain !== 'string') return plain
    if (field === '' && plain === '') continue
    if (field !== 'metadata.name' && field !== 'metadata.namespace') unknown.push(field)
    else requirements.push({ field, operator, value: plain })
  }
  if (unknown[0] !== undefined) {
    const known = 'only "metadata.name", "metadata.namespace"'
    return { fault: `${goQuote(unknown[0])} is not a known field selector: ${known}` }
  }
  return requirements.length === 0 ? undefined : selectorOf(requirements)
}

function selectorOf(requirements: FieldRequirement[]): FieldSelector {
  const names = valuesOf(requirements, 'metadata.name')
  const namespaces = valuesOf(requirements, 'metadata.namespace')
  const [name] = names.wanted
  const [namespace] = namespaces.wanted
  return {
    requirements,
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    matches: (object) => fits(names, object.name) && fits(namespaces, object.namespace),
  }
}

/** What is asked of one field. Who asks may write thousands of terms: a look costs the same however many. */
type Values = { wanted: ReadonlySet<string>; excluded: ReadonlySet<string> }

function valuesOf(requirements: readonly FieldRequirement[], field: Field): Values {
  const of = (operator: '=' | '!=') =>
    new Set(
      requirements.flatMap((each) =>
        each.field === field && each.operator === operator ? [each.value] : [],
      ),
    )
  return { wanted: of('='), excluded: of('!=') }
}

function fits({ wanted, excluded }: Values, actual: string): boolean {
  if (wanted.size > 1 || excluded.has(actual)) return false
  return wanted.size === 0 || wanted.has(actual)
}

/** The terms between commas that no backslash escapes; sorted, as Go reads them, and without the empty ones. */
function termsOf(text: string): string[] {
  const terms = text.match(/(?:\\.|[^,\\]|\\$)+/gsu) ?? []
  return terms.sort()
}

function splitTerm(term: string): { field: string; operator: '=' | '!='; value: string } | undefined {
  const found = /!=|==?/.exec(term)
  if (!found) return undefined
  const operator = found[0] === '!=' ? '!=' : '='
  return { field: term.slice(0, found.index), operator, value: term.slice(found.index + found[0].length) }
}

/** Backslash escapes itself, comma and equals sign; none of the latter may stand bare. */
function unescaped(value: string): string | SelectorFault {
  const fault = /\\(?![\\,=])(.?)|[,=]/su.exec(value.replace(/\\[\\,=]/g, (pair) => '\0'.repeat(pair.length)))
  if (!fault) return value.replace(/\\([\\,=])/g, '$1')
  const text = fault[0]
  if (text.startsWith('\\')) return { fault: `invalid field selector: invalid escape sequence: ${text}` }
  return { fault: `invalid field selector: unescaped character in value: ${text.codePointAt(0)}` }
}

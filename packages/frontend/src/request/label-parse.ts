import { goQuote } from './go-quote.ts'
import { labelKeyFaults, labelValueFaults } from './label-syntax.ts'
import { type Tokens, tokensOf } from './label-tokens.ts'

export type Operator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | '>' | '<'

/** One condition of a label selector; values are distinct and in byte order. */
export type Requirement = { key: string; operator: Operator; values: string[] }

/** What is wrong with a selector. Its message is Go's. */
export type SelectorFault = { fault: string }

class SyntaxFault extends Error {}

const operators: readonly string[] = ['in', 'notin', '=', '==', '!=', '>', '<']
const operatorsText = 'in, notin, =, ==, !=, gt, lt'
const integer = /^[+-]?[0-9]+$/

/** Requirements of a label selector, all of which must hold, in order of their keys. */
export function parseRequirements(selector: string): Requirement[] | SelectorFault {
  try {
    return requirements(tokensOf(selector)).sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  } catch (error) {
    if (error instanceof SyntaxFault) return { fault: error.message }
    throw error
  }
}

function requirements(tokens: Tokens): Requirement[] {
  const found: Requirement[] = []
  if (tokens.peek().kind === 'end') return found
  if (!startsRequirement(tokens)) throw unexpected(tokens.peek().text, `!, identifier, or 'end of string'`)
  for (;;) {
    found.push(requirement(tokens))
    const { kind, text } = tokens.next()
    if (kind === 'end') return found
    if (text !== ',') throw unexpected(text, `',' or 'end of string'`)
    if (!startsRequirement(tokens)) throw unexpected(tokens.peek().text, `identifier after ','`)
  }
}

function startsRequirement(tokens: Tokens): boolean {
  return tokens.peek().kind === 'word' || tokens.peek().text === '!'
}

function requirement(tokens: Tokens): Requirement {
  try {
    return checked(readRequirement(tokens))
  } catch (error) {
    throw error instanceof SyntaxFault
      ? new SyntaxFault(`unable to parse requirement: ${error.message}`)
      : error
  }
}

function readRequirement(tokens: Tokens): Requirement {
  const negated = tokens.peek().text === '!'
  if (negated) tokens.next()
  const { kind, text: key } = tokens.next()
  if (kind !== 'word') throw unexpected(key, 'identifier')
  const faults = labelKeyFaults(key)
  if (faults.length > 0) throw new SyntaxFault(`<nil>: ${invalidValue(key, faults)}`)
  if (negated) return { key, operator: '!', values: [] }
  const after = tokens.peek()
  if (after.kind === 'end' || after.text === ',') return { key, operator: 'exists', values: [] }
  const operator = tokens.next().text
  if (!operators.includes(operator)) throw unexpected(operator, operatorsText)
  const values = operator === 'in' || operator === 'notin' ? valueSet(tokens) : [exactValue(tokens)]
  return { key, operator: operator as Operator, values: [...new Set(values)].sort() }
}

function exactValue(tokens: Tokens): string {
  const { kind, text } = tokens.peek()
  if (kind === 'end' || text === ',') return ''
  tokens.next()
  if (kind !== 'word') throw unexpected(text, 'identifier')
  return text
}

/** `(a,b)`; what is missing between commas is the empty value. */
function valueSet(tokens: Tokens): string[] {
  const open = tokens.next()
  if (open.text !== '(') throw new SyntaxFault(`found '${open.text}' expected: '('`)
  const first = tokens.peek()
  if (first.kind !== 'word' && first.text !== ',' && first.text !== ')') {
    throw unexpected(first.text, `',', ')' or identifier`)
  }
  const values: string[] = []
  for (;;) {
    values.push(tokens.peek().kind === 'word' ? tokens.next().text : '')
    const { kind, text } = tokens.peek()
    if (text !== ',' && text !== ')') {
      throw unexpected(text, values.at(-1) === '' ? `',', or identifier` : `',' or ')'`)
    }
    tokens.next()
    if (kind === 'symbol' && text === ')') return values
  }
}

/** Go's checks of a requirement once it is read. */
function checked(requirement: Requirement): Requirement {
  const { key, operator, values } = requirement
  const faults: string[] = []
  values.forEach((value, index) => {
    if ((operator === '>' || operator === '<') && !isInt64(value)) {
      const why = `for 'Gt', 'Lt' operators, the value must be an integer`
      faults.push(`values[${index}]: ${invalidValue(value, [why])}`)
    }
  })
  values.forEach((value, index) => {
    const wrong = labelValueFaults(value)
    if (wrong.length > 0) faults.push(`values[${index}][${key}]: ${invalidValue(value, wrong)}`)
  })
  if (faults.length > 0)
    throw new SyntaxFault(faults.length === 1 ? (faults[0] as string) : `[${faults.join(', ')}]`)
  return requirement
}

/** As Go's strconv.ParseInt(text, 10, 64) would take it. */
export function isInt64(text: string): boolean {
  return integer.test(text) && BigInt.asIntN(64, toBigInt(text)) === toBigInt(text)
}

export function toBigInt(text: string): bigint {
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text.replace('+', ''))
}

function invalidValue(value: string, faults: string[]): string {
  return `Invalid value: ${goQuote(value)}: ${faults.join('; ')}`
}

function unexpected(found: string, expected: string): SyntaxFault {
  return new SyntaxFault(`found '${found}', expected: ${expected}`)
}

import type { Labels } from '../view/item.ts'
import { isInt64, parseRequirements, type Requirement, type SelectorFault, toBigInt } from './label-parse.ts'

/** A label selector, parsed. */
export type LabelSelector = {
  requirements: readonly Requirement[]
  /** Pairs `key=value` that every match has: an index can look these up instead of scanning. */
  pairs: readonly string[]
  matches(labels: Labels): boolean
}

/** Parses a label selector; undefined where it restricts nothing. The fault is Go's text of what is wrong. */
export function parseLabelSelector(text: string): LabelSelector | SelectorFault | undefined {
  const requirements = parseRequirements(text)
  if ('fault' in requirements) return requirements
  if (requirements.length === 0) return undefined
  const tests = requirements.map(testOf)
  return {
    requirements,
    pairs: requirements.flatMap(pairOf),
    matches: (labels) => tests.every((test) => test(labels)),
  }
}

function pairOf({ key, operator, values }: Requirement): string[] {
  const isEquality = operator === '=' || operator === '==' || (operator === 'in' && values.length === 1)
  return isEquality ? [`${key}=${values[0]}`] : []
}

type Test = (labels: Labels) => boolean

/** What lacks the key matches `!=`, `notin` and `!`, and nothing else (apimachinery Requirement.Matches). */
function testOf({ key, operator, values }: Requirement): Test {
  const has: Test = (labels) => Object.hasOwn(labels, key)
  const among: Test = (labels) => has(labels) && values.includes(labels[key] as string)
  switch (operator) {
    case 'exists':
      return has
    case '!':
      return (labels) => !has(labels)
    case '!=':
    case 'notin':
      return (labels) => !among(labels)
    case '>':
    case '<':
      return comparison(key, operator, toBigInt(values[0] as string))
    default:
      return among
  }
}

/** Integers only; a label that is none matches neither. */
function comparison(key: string, operator: '>' | '<', bound: bigint): Test {
  return (labels) => {
    const text = Object.hasOwn(labels, key) ? (labels[key] as string) : ''
    if (!isInt64(text)) return false
    return operator === '>' ? toBigInt(text) > bound : toBigInt(text) < bound
  }
}

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
  return { requirements, pairs: requirements.flatMap(pairOf), matches: matcherOf(requirements) }
}

function pairOf({ key, operator, values }: Requirement): string[] {
  const isEquality = operator === '=' || operator === '==' || (operator === 'in' && values.length === 1)
  return isEquality ? [`${key}=${values[0]}`] : []
}

type Test = (labels: Labels) => boolean

/**
 * All requirements together. What lacks the key matches `!=`, `notin` and `!`, and nothing else (apimachinery
 * Requirement.Matches). They are gathered by key: a selector of thousands of them, which whoever asks may write, costs
 * a few looks a label set.
 */
function matcherOf(requirements: readonly Requirement[]): Test {
  const wanted = new Map<string, Set<string>>()
  const excluded = new Map<string, Set<string>>()
  const present = new Set<string>()
  const absent = new Set<string>()
  const comparisons = new Map<string, Test>()
  for (const requirement of requirements) {
    const { key, operator, values } = requirement
    if (operator === '!') absent.add(key)
    else if (operator === 'exists') present.add(key)
    else if (operator === '!=' || operator === 'notin') addAll(excluded, key, values)
    else if (operator === '>' || operator === '<')
      comparisons.set(`${key}${operator}${values}`, comparison(key, operator, toBigInt(values[0] as string)))
    else wanted.set(key, wanted.get(key)?.intersection(new Set(values)) ?? new Set(values))
  }
  const isAmong = (labels: Labels) => every(wanted, ([key, values]) => values.has(own(labels, key) ?? none))
  const hasAll = (labels: Labels) => every(present, (key) => Object.hasOwn(labels, key))
  const isRefused = (labels: Labels) =>
    Object.keys(labels).some((key) => absent.has(key) || excluded.get(key)?.has(labels[key] as string))
  const refuses = absent.size + excluded.size > 0
  return (labels) =>
    isAmong(labels) &&
    hasAll(labels) &&
    every(comparisons.values(), (test) => test(labels)) &&
    !(refuses && isRefused(labels))
}

/** No value of a label. */
const none = '\0'

function own(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}

function addAll(to: Map<string, Set<string>>, key: string, values: readonly string[]): void {
  const known = to.get(key) ?? new Set()
  for (const value of values) known.add(value)
  to.set(key, known)
}

function every<T>(all: Iterable<T>, holds: (each: T) => boolean): boolean {
  for (const each of all) if (!holds(each)) return false
  return true
}

/** Integers only; a label that is none matches neither. */
function comparison(key: string, operator: '>' | '<', bound: bigint): Test {
  return (labels) => {
    const text = own(labels, key) ?? ''
    if (!isInt64(text)) return false
    return operator === '>' ? toBigInt(text) > bound : toBigInt(text) < bound
  }
}

import { lastDateMs } from './record.ts'
import { maxTextBytes } from './record-json.ts'

/** A field as it was fetched. A number in place of a text is the length of one too long to fetch. */
export type StoredText = string | number | null

/** Why a text from the store is not what it should be. Caught where parsing begins. */
export class Malformed extends Error {}

export const decimal = /^\d{1,24}$/
const maxNameLength = 253

export function text(value: StoredText, what: string): string {
  if (value === null) throw new Malformed(`${what} is missing`)
  if (typeof value === 'number' || value.length > maxTextBytes) throw new Malformed(`${what} is too long`)
  return value
}

export function whole(value: StoredText, what: string): number {
  const digits = text(value, what)
  if (!decimal.test(digits)) throw new Malformed(`${what} is not a whole number`)
  return count(Number(digits), what)
}

export function count(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new Malformed(`${what} is not a whole number from 0 to 2^53`)
  }
  return value
}

export function time(offset: unknown, atMs: number, what: string): number {
  if (typeof offset !== 'number') throw new Malformed(`${what} is not a number`)
  const ms = count(atMs + offset, what)
  if (ms > lastDateMs) throw new Malformed(`${what} is later than a date can be`)
  return ms
}

/** The longest that Go's time.Duration can hold, milliseconds: its clients would refuse the whole list. */
const longestMs = 2 ** 63 / 1e6

export function duration(value: unknown, what: string): number {
  const ms = count(value, what)
  if (ms === 0) throw new Malformed(`${what} is 0`)
  if (ms >= longestMs) throw new Malformed(`${what} is longer than 292 years`)
  return ms
}

export function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw new Malformed(`${what} is not a list`)
  return value
}

/** Points that run parallel to what usage says. */
export function parallel(value: unknown, to: readonly unknown[]): unknown[] {
  const points = list(value, 'points')
  if (points.length !== to.length) throw new Malformed('points and usage differ in length')
  return points
}

export function name(value: unknown): string {
  if (typeof value !== 'string' || value.length === 0 || value.length > maxNameLength) {
    throw new Malformed('a name is not a text of 1 to 253 characters')
  }
  return value
}

import { readFileSync } from 'node:fs'

/** A file of golden data, by name. */
export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./vectors/${name}`, import.meta.url), 'utf8')) as T
}

import { readFileSync } from 'node:fs'

/** The release, as Lerna keeps it in every package. */
export const version: string = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).version

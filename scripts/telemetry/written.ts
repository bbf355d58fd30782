import { fileURLToPath } from 'node:url'
import { telemetryReference } from './reference.ts'

export type Written = { path: string; text: string }

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** The files that are made from the code; `npm run telemetry` writes them, a test compares them. */
export function written(): Written[] {
  return [{ path: at('docs/telemetry.md'), text: telemetryReference() }]
}

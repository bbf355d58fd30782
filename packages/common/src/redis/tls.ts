import { readFileSync } from 'node:fs'
import { CodedError, errorText } from '../errors.ts'

/** PEM files; each may be left out. */
export type RedisTlsFiles = {
  /** Whom to trust, in place of the CAs that Node knows. */
  ca?: string | undefined
  /** What we show, and its key. */
  cert?: string | undefined
  key?: string | undefined
}

export type TlsTexts = { ca?: string; cert?: string; key?: string }

/** Read at once, and small. Throws a CodedError `bad_certificate` that names the file. */
export function readTlsFiles(files: RedisTlsFiles): TlsTexts {
  const texts: TlsTexts = {}
  for (const name of ['ca', 'cert', 'key'] as const) {
    const file = files[name]
    if (file !== undefined) texts[name] = read(file)
  }
  return texts
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CodedError('bad_certificate', `${file}: ${errorText(error)}`)
  }
}

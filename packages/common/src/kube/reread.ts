import { readFile, stat } from 'node:fs/promises'

/** How long a file is trusted before it is looked at again, milliseconds. */
const lookEveryMs = 10_000

/**
 * A file that is rotated underneath us (a token, a certificate): parsed again when it has changed.
 * A file that has become unreadable or unparsable keeps its last good value; the first read rejects instead.
 */
export function createReread<T>(path: string, parse: (content: string) => T, mono = () => performance.now()) {
  let value: { parsed: T } | undefined
  let lookedMs = 0
  let modified = ''

  async function look(): Promise<void> {
    const { mtimeMs, ino, size } = await stat(path)
    const seen = `${mtimeMs}/${ino}/${size}`
    if (seen === modified) return
    value = { parsed: parse(await readFile(path, 'utf8')) }
    modified = seen
  }

  return async (): Promise<T> => {
    if (value && mono() - lookedMs < lookEveryMs) return value.parsed
    lookedMs = mono()
    try {
      await look()
    } catch (error) {
      if (!value) throw error
    }
    return (value as { parsed: T }).parsed
  }
}

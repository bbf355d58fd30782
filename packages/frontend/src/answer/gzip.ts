import { once } from 'node:events'
import { constants, createGzip } from 'node:zlib'
import type { Body } from './body.ts'

/** Shorter bodies are sent as they are, bytes (as kube-apiserver does). */
export const leastGzipBytes = 128 * 1024

/**
 * The body, compressed off the event loop at the fastest level. Compressed once however many read it, and held
 * whole until the last reader is done: lists shrink to a fifth or less.
 */
export function gzipBody(plain: Body): Body {
  const blocks: Buffer[] = []
  let ended: Promise<void> | undefined
  let done = false
  let progress = Promise.withResolvers<void>()

  async function compress() {
    const gzip = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: 128 * 1024 })
    const finished = once(gzip, 'end')
    gzip.on('data', (block: Buffer) => {
      blocks.push(block)
      progress.resolve()
      progress = Promise.withResolvers<void>()
    })
    for (let index = 0; ; index++) {
      const block = await plain.block(index)
      if (!block) break
      if (gzip.write(block)) continue
      await once(gzip, 'drain')
      plain.done?.(index, block)
    }
    gzip.end()
    await finished
    done = true
  }
  return {
    length: undefined,
    async block(index) {
      ended ??= compress()
      while (!blocks[index] && !done) await Promise.race([progress.promise, ended])
      return blocks[index]
    },
  }
}

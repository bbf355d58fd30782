import { isMissingScript } from './errors.ts'
import type { Script } from './scripts.ts'

/** A command under way. */
type Issued = { args: unknown[]; promise: Promise<unknown> }
/** Where a command is written. */
type Sink = { write(text: string | Buffer): unknown }
type Socket = Sink & { readonly writable: boolean }

/**
 * What is sent in one turn of the event loop leaves in one write.
 * @param socket of now, if there is one.
 * @param issue makes a command and has it written to the sink.
 */
export function createSender(
  socket: () => Socket | undefined,
  issue: (name: string, args: string[], sink: Sink) => Issued,
) {
  let gathered = ''
  let gatheredFor: Socket | undefined
  const sink: Sink = {
    write(text) {
      const current = socket()
      // A connection that is made meanwhile gets nothing that was meant for the one before.
      if (current !== gatheredFor) flush()
      if (gathered === '') setImmediate(flush)
      gatheredFor = current
      gathered += text
    },
  }

  function flush() {
    const text = gathered
    gathered = ''
    // Where it is not, the connection has ended, and with it all commands.
    if (text !== '' && gatheredFor?.writable) gatheredFor.write(text)
  }
  async function ask(name: string, args: string[]): Promise<unknown> {
    const command = issue(name, args, sink)
    // V8 puts a function that is assigned to a property among what lives long, and those of a command hold the command and
    // its promise: texts that either held would live until all of the heap is collected.
    try {
      const reply = await command.promise
      return Array.isArray(reply) ? reply.splice(0) : reply
    } finally {
      command.args = []
    }
  }
  return {
    /** Runs a script; rejects with what ioredis says. */
    async send({ text, sha }: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
      const rest = [String(keys.length), ...keys, ...args]
      try {
        return await ask('evalsha', [sha, ...rest])
      } catch (error) {
        if (!isMissingScript(error)) throw error
        return ask('eval', [text, ...rest])
      }
    },
    /** Before anything is written without the sender: replies come in the order of what was written. */
    flush,
  }
}

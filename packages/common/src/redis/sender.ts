import { isMissingScript } from './errors.ts'
import type { Script } from './scripts.ts'

/** Runs a script; rejects with what ioredis says. */
export type Send = (script: Script, keys: readonly string[], args: readonly string[]) => Promise<unknown>

/** A command under way. */
type Issued = { args: unknown[]; promise: Promise<unknown> }
/** Where a command is written. */
type Sink = { write(text: string | Buffer): unknown }

/**
 * What is sent in one turn of the event loop leaves in one write.
 * @param socket of now, if there is one.
 * @param issue makes a command and has it written to the sink.
 */
export function createSender(
  socket: () => Sink | undefined,
  issue: (name: string, args: string[], sink: Sink) => Issued,
): Send {
  let gathered = ''
  const sink: Sink = {
    write(text) {
      if (gathered === '') leaveFor(socket())
      gathered += text
    },
  }

  /** A connection that is made meanwhile gets nothing that was meant for this one. */
  function leaveFor(to: Sink | undefined) {
    setImmediate(() => {
      const text = gathered
      gathered = ''
      to?.write(text)
    })
  }
  async function ask(name: string, args: string[]): Promise<unknown> {
    const command = issue(name, args, sink)
    try {
      return await command.promise
    } finally {
      // V8 puts a function that is assigned to a property among what lives long, and those of a command hold the
      // command: its texts would live until all of the heap is collected.
      command.args = []
    }
  }
  return async ({ text, sha }, keys, args) => {
    const rest = [String(keys.length), ...keys, ...args]
    try {
      return await ask('evalsha', [sha, ...rest])
    } catch (error) {
      if (!isMissingScript(error)) throw error
      return ask('eval', [text, ...rest])
    }
  }
}

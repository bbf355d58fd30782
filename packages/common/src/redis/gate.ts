/** Where calls wait while a server is looked for. */
export type Gate = {
  /** Lets nobody through from now on: until it is opened, or for its longest time. */
  shut(): void
  open(): void
  /** Resolves when it is open. */
  pass(): Promise<void>
}

/** Shut at first. `longestMs`: how long a call may be kept waiting, whatever happens. */
export function createGate(longestMs: number): Gate {
  let opened: PromiseWithResolvers<void> | undefined
  let timer: NodeJS.Timeout | undefined
  function open() {
    clearTimeout(timer)
    opened?.resolve()
    opened = undefined
  }
  function shut() {
    if (opened) return
    opened = Promise.withResolvers()
    timer = setTimeout(open, longestMs).unref()
  }
  shut()
  return { shut, open, pass: async () => opened?.promise }
}

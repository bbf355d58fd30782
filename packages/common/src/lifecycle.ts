/** Undoes one start. */
export type AsyncStop = () => void | Promise<void>

export type Lifecycle = {
  /** Registers the stop of something that has just started; runs it at once where all was stopped meanwhile. */
  add(stop: AsyncStop): void
  /** Stops everything in reverse order, once; a stop that fails does not keep the others from running. */
  stop(): Promise<void>
}

/** What starts returns its own stop; they run in reverse, also when start-up fails halfway. */
export function createLifecycle(onError: (error: unknown) => void): Lifecycle {
  const stops: AsyncStop[] = []
  let stopping: Promise<void> | undefined
  async function stopAll() {
    for (let stop = stops.pop(); stop; stop = stops.pop()) {
      try {
        await stop()
      } catch (error) {
        onError(error)
      }
    }
  }
  return {
    add(stop) {
      stops.push(stop)
      if (stopping) stopping = stopping.then(stopAll)
    },
    stop() {
      stopping ??= stopAll()
      return stopping
    },
  }
}

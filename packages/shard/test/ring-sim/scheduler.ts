/**
 * Virtual time: events in order of time, then of arrival; after each one every promise that can settle does so, and the
 * next begins. Times are milliseconds since the start, multiples of 1/1024, so that sums with offsets are exact.
 */
export type Scheduler = {
  now(): number
  at(timeMs: number, fire: () => void): void
  /** Runs what falls due up to then; `afterEach` follows each event. */
  run(untilMs: number, afterEach: () => void): Promise<void>
}

type Event = { timeMs: number; order: number; fire: () => void }

export function grain(ms: number): number {
  return Math.ceil(ms * 1024) / 1024
}

export function createScheduler(): Scheduler {
  const heap: Event[] = []
  let now = 0
  let order = 0

  function push(event: Event) {
    let i = heap.push(event) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(event, heap[parent] as Event)) break
      heap[i] = heap[parent] as Event
      i = parent
    }
    heap[i] = event
  }
  function pop(): Event {
    const first = heap[0] as Event
    const last = heap.pop() as Event
    if (heap.length > 0) sink(last)
    return first
  }
  function sink(event: Event) {
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child++
      if (!isBefore(heap[child] as Event, event)) break
      heap[i] = heap[child] as Event
      i = child
    }
    heap[i] = event
  }
  return {
    now: () => now,
    at: (timeMs, fire) => push({ timeMs: Math.max(now, grain(timeMs)), order: order++, fire }),
    async run(untilMs, afterEach) {
      while (heap.length > 0 && (heap[0] as Event).timeMs <= untilMs) {
        const event = pop()
        now = event.timeMs
        event.fire()
        await settle()
        afterEach()
      }
      now = untilMs
    },
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order)
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

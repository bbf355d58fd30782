import { errorText } from '@metrics-ring/common/errors'
import type { Log } from '@metrics-ring/common/log'

/** One setting that is read again and again: it keeps its last good value. */
export type Slot<T> = {
  name: string
  /** Takes in a text just read (undefined: it is not there, which changes nothing). True when the value has changed. */
  offer(text: string | undefined): boolean
  value(): T | undefined
}

/** A text that cannot be parsed is logged once, not at every reading; the same text is not parsed twice. */
export function createSlot<T>(name: string, parse: (text: string) => T, log: Log): Slot<T> {
  let seen: string | undefined
  let value: T | undefined
  return {
    name,
    offer(text) {
      if (text === undefined || text === seen) return false
      seen = text
      try {
        value = parse(text)
        return true
      } catch (error) {
        log.warn({ setting: name, error: errorText(error) }, 'bad trust setting, the last good one is kept')
        return false
      }
    },
    value: () => value,
  }
}

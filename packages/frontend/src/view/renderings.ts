import { createSlabs, type Kept, type Part } from './slabs.ts'

/** What is served of something, until when, and what is rendered of that. */
export type Rendered<S> = {
  /** Undefined: nothing. */
  served: S | undefined
  /** Shared clock, milliseconds: past this the sample is older than the age bound. 0: nothing is served. */
  expiresMs: number
  /** As an item of a list; undefined: nothing is served, or it is not rendered yet (`kept` does). */
  json: Kept | undefined
  protobuf: Kept | undefined
  /** In which representations what is served has been asked for. */
  asked: number
}

const bitOf = { json: 1, protobuf: 2 }

/**
 * A change is rendered at once in what its forerunner was asked for, otherwise when it is asked for: clients that list
 * everything again and again need not wait for it, and what nobody asks for costs neither CPU nor memory.
 * @param render what is served of it now; undefined: nothing.
 */
export function createRenderings<S, T extends Rendered<S>>(
  render: (subject: T, part: Part) => Uint8Array | undefined,
) {
  const slabs = createSlabs()

  function rendered(subject: T, part: Part): Kept | undefined {
    const item = render(subject, part)
    return item && slabs.keep(item)
  }
  return {
    /** What is served of it, asked for; undefined: nothing. */
    kept(subject: T, part: Part): Kept | undefined {
      subject.asked |= bitOf[part]
      subject[part] ??= rendered(subject, part)
      return subject[part]
    },
    /** @param isSame it would be rendered as it is: then it moves on among what is rendered now, see `move` of Slabs. */
    serve(subject: T, served: S, expiresMs: number, isSame: boolean): void {
      subject.served = served
      subject.expiresMs = expiresMs
      if (isSame) {
        if (subject.json) subject.json = slabs.move(subject.json)
        if (subject.protobuf) subject.protobuf = slabs.move(subject.protobuf)
        return
      }
      subject.json = subject.asked & bitOf.json ? rendered(subject, 'json') : undefined
      subject.protobuf = subject.asked & bitOf.protobuf ? rendered(subject, 'protobuf') : undefined
      subject.asked = 0
    },
    /** Serves nothing of it any more. */
    cease(subject: T): void {
      subject.served = undefined
      subject.expiresMs = 0
      subject.json = undefined
      subject.protobuf = undefined
      subject.asked = 0
    },
  }
}

import { createSlabs, type Kept, type Part } from './slabs.ts'

/** What is rendered of something. */
export type Rendered = {
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
export function createRenderings<T extends Rendered>(
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
    /** Something else is served of it now. */
    changed(subject: T): void {
      subject.json = subject.asked & bitOf.json ? rendered(subject, 'json') : undefined
      subject.protobuf = subject.asked & bitOf.protobuf ? rendered(subject, 'protobuf') : undefined
      subject.asked = 0
    },
    /** The same is served of it: it moves on among what is rendered now, see `move` of Slabs. */
    stays(subject: T): void {
      if (subject.json) subject.json = slabs.move(subject.json)
      if (subject.protobuf) subject.protobuf = slabs.move(subject.protobuf)
    },
    /** Nothing is served of it any more. */
    ceased(subject: T): void {
      subject.json = undefined
      subject.protobuf = undefined
      subject.asked = 0
    },
  }
}

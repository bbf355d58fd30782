import type { Clock } from '@metrics-ring/common/clock'
import type { Body } from './body.ts'

/** How long after its making a body is given to others who ask for the same, milliseconds. */
const sharedMs = 500

/** Bodies by what they answer: those who ask for the same large list at about the same time read one body. */
export function createSharedBodies(clock: Clock) {
  const bodies = new Map<string, Body>()
  return (question: string, make: () => Body): Body => {
    const known = bodies.get(question)
    if (known) return known
    const body = make()
    bodies.set(question, body)
    clock.after(sharedMs, () => bodies.delete(question))
    return body
  }
}

import type { Clock } from '@metrics-ring/common/clock'

/** How long after its making an answer is given to others who ask for the same, milliseconds. */
const sharedMs = 500

/** Answers by question: those who ask for the same large list at about the same time read one body. */
export function createShared<T>(clock: Clock): (question: string, make: () => T) => T {
  const answers = new Map<string, T>()
  return (question, make) => {
    const known = answers.get(question)
    if (known) return known
    const answer = make()
    answers.set(question, answer)
    void Promise.allSettled([answer]).then(() => clock.after(sharedMs, () => answers.delete(question)))
    return answer
  }
}

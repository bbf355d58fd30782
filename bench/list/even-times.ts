import { type Clock, realClock, sleep } from '@metrics-ring/common/clock'

/**
 * Asks so many times, `everyMs` apart, whatever the answers take: who waits for an answer before asking again asks less
 * while a server is slow, and makes up for it when it is quick. Resolves when all have been answered.
 * @throws what the first question that failed has thrown
 */
export async function atEvenTimes(
  times: number,
  everyMs: number,
  ask: (n: number) => Promise<void>,
  clock: Clock = realClock,
): Promise<void> {
  const beganMs = clock.mono()
  const asked: Promise<void>[] = []
  const failures: unknown[] = []
  for (let n = 0; n < times; n++) {
    await sleep(clock, Math.max(0, beganMs + n * everyMs - clock.mono()))
    asked.push(ask(n).catch((error: unknown) => void failures.push(error)))
  }
  await Promise.all(asked)
  if (failures.length > 0) throw failures[0]
}

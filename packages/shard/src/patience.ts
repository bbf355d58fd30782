/** How a node's scrapes have failed in a row; `refusals`: those at the end that say that no kubelet listens there. */
export type Failures = { count: number; reason: string; refusals: number }

/** A node that failed this often in a row is asked only once an interval. */
const mostSecondTries = 3
/** A node that refused this often in a row has no kubelet to ask (Fargate and the like): one probe in as many. */
const quarantineAfter = 10

/** Whether a node is scraped in this slot (slots are numbered on from each other), and asked again if that fails fast. */
export function patience(failures: Failures | undefined, slot: number): { scrape: boolean; retry: boolean } {
  if (isQuarantined(failures)) return { scrape: slot % quarantineAfter === 0, retry: false }
  return { scrape: true, retry: (failures?.count ?? 0) < mostSecondTries }
}

/** Only a refusal says that nobody listens there; a node that fails otherwise may be back in the next interval. */
export function isQuarantined(failures: Failures | undefined): boolean {
  return failures !== undefined && failures.refusals >= quarantineAfter
}

/**
 * The failures after one more.
 * @param othersAnswer another kubelet has answered lately. While none does, a refusal says nothing of the node: this
 * shard may be cut off, and is to find all its nodes again as soon as it is not.
 */
export function failedAgain(before: Failures | undefined, reason: string, othersAnswer: boolean): Failures {
  const { count, refusals } = before ?? { count: 0, refusals: 0 }
  if (reason !== 'refused') return { reason, count: count + 1, refusals: 0 }
  return { reason, count: count + 1, refusals: othersAnswer ? refusals + 1 : refusals }
}

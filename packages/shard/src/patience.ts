/** How a node's scrapes have failed in a row. */
export type Failures = { count: number; reason: string }

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
  return failures !== undefined && failures.reason === 'refused' && failures.count >= quarantineAfter
}

/** The failures after one more; a change of reason starts the count of refusals again. */
export function failedAgain(before: Failures | undefined, reason: string): Failures {
  const samePlight = before !== undefined && (before.reason === reason || reason !== 'refused')
  return { reason, count: samePlight ? before.count + 1 : 1 }
}

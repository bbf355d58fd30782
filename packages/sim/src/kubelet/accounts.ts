/** One request for `/metrics/resource` or `/stats/summary`. */
export type Scrape = {
  /** When it arrived, in milliseconds since the epoch. */
  readonly atMs: number
  /** Absent until it is answered. */
  status?: number
  /** The whole answer was handed over. */
  answered: boolean
  /** Of the body, as sent. */
  bytes: number
}

/** What a node's kubelet has counted since it was last reset. */
export type Account = { scrapes: Scrape[]; connections: number }

/** The oldest are forgotten. */
const KEPT_SCRAPES = 2000

export function createAccount(): Account {
  return { scrapes: [], connections: 0 }
}

export function enter(account: Account, atMs: number): Scrape {
  const scrape: Scrape = { atMs, answered: false, bytes: 0 }
  account.scrapes.push(scrape)
  if (account.scrapes.length > KEPT_SCRAPES) account.scrapes.splice(0, KEPT_SCRAPES / 2)
  return scrape
}

export function clear(account: Account): void {
  account.scrapes = []
  account.connections = 0
}

import { atMost, exactly, type Row, ratioRow, row } from '../rows.ts'
import { aloneRows, faultRows } from './alone-rows.ts'
import { ageRows, answerRows, startRows } from './answer-rows.ts'
import type { Found, Results, SiteResults } from './compare-results.ts'
import { cpuMsOf, rssOf, type SystemResult } from './run-system.ts'
import type { ProcessKind } from './systems.ts'

/** Ours, each of which must scrape every kubelet once an interval. */
const scraping = ['standalone', '1 shard', '3 shards', '5 shards']

/** The table of what must be reached, in its order; rows of a system that could not be measured say so. */
export function compareRows(results: Results): Row[] {
  const { large, small, alone } = results
  const find = (site: SiteResults | undefined, name: string) =>
    site?.systems.find((each) => each.name === name)
  const [peer, peers, ours] = ['metrics-server', '2 metrics-servers', '3 shards'].map((name) =>
    find(large, name),
  )
  return [
    ...scraping.flatMap((name) => scrapeRows(name, find(large, name), results.samplings)),
    ...costRows(peer, peers, ours),
    ...answerRows(peer, ours, large.places),
    ...startRows(peer, ours, alone, large.places),
    ...ageRows(peer, ours, results),
    memoryRow(peer, ours),
    ...standaloneRows(find(small, 'metrics-server'), find(small, 'standalone'), small),
    shardMemoryRow(ours, alone, large.nodes),
    ...faultRows(alone),
    ...aloneRows(alone),
  ]
}

function scrapeRows(name: string, found: Found, samplings: readonly string[]): Row[] {
  return samplings.flatMap((sampling, index) => {
    const { least, most } = found?.steady.kubelets[index] ?? {}
    return [
      row(`scrapes per kubelet and interval, ${name}, ${sampling}, least`, least, '', exactly(1)),
      row(`  most`, most, '', exactly(1)),
    ]
  })
}

function costRows(peer: Found, peers: Found, ours: Found): Row[] {
  const set = (found: Found) => found && cores(found, 'metrics-server', 'shard', 'Redis', 'frontend')
  const [one, two] = [set(peer), set(peers)]
  return [
    ratioRow(
      'CPU per scraped node (3 shards; fetch, decode, commit)',
      { ours: ours && perScrape(ours, 'shard'), theirs: peer && perScrape(peer, 'metrics-server') },
      'ms',
      atMost(1),
    ),
    row('  with what Redis spends on it', ours && perScrape(ours, 'shard', 'Redis'), 'ms'),
    ratioRow(
      // Each replica does all of the work.
      `CPU of 3 shards, Redis and 2 frontends, against ${two === undefined ? 'twice one metrics-server' : '2 metrics-servers'}`,
      { ours: set(ours), theirs: two ?? (one && 2 * one) },
      'cores',
      atMost(0.6),
    ),
  ]
}

function perScrape({ steady }: SystemResult, ...kinds: readonly ProcessKind[]): number {
  return cpuMsOf(steady, ...kinds) / steady.kubelets.reduce((sum, { scrapes }) => sum + scrapes, 0)
}

function cores({ steady }: SystemResult, ...kinds: readonly ProcessKind[]): number {
  return cpuMsOf(steady, ...kinds) / steady.ms
}

const mebibytes = (bytes: number | undefined) => (bytes === undefined ? undefined : bytes / 2 ** 20)

function memoryRow(peer: Found, ours: Found): Row {
  const frontends = ours?.atEnd.filter(({ kind }) => kind === 'frontend') ?? []
  const largest = frontends.length === 0 ? undefined : Math.max(...frontends.map(({ rssBytes }) => rssBytes))
  const theirs = peer && rssOf(peer.atEnd, 'metrics-server')
  return ratioRow(
    'resident memory of a frontend, after all lists',
    { ours: mebibytes(largest), theirs: mebibytes(theirs) },
    'MiB',
    atMost(1),
  )
}

function standaloneRows(peer: Found, ours: Found, small: SiteResults | undefined): Row[] {
  const what = `standalone at ${small?.nodes ?? 100} nodes and ${small?.places.pods ?? 7_000} pods`
  const rss = mebibytes(ours && rssOf(ours.atEnd, 'standalone'))
  return [
    row(`${what}, memory`, rss, 'MiB', atMost(230)),
    ratioRow(
      '  the same',
      { ours: rss, theirs: mebibytes(peer && rssOf(peer.atEnd, 'metrics-server')) },
      'MiB',
      atMost(1.4),
    ),
    ratioRow(
      `${what}, CPU`,
      { ours: ours && cores(ours, 'standalone'), theirs: peer && cores(peer, 'metrics-server') },
      'cores',
      atMost(0.7),
    ),
  ]
}

function shardMemoryRow(ours: Found, alone: Results['alone'], nodes: number): Row {
  const librariesRssBytes = alone?.librariesRssBytes
  const own =
    ours && librariesRssBytes !== undefined
      ? rssOf(ours.atEnd, 'shard') - ours.replicas * librariesRssBytes
      : undefined
  const perThousand = mebibytes(own === undefined ? undefined : (own * 1_000) / nodes)
  return row('memory of all shards per 1,000 nodes, after libraries', perThousand, 'MiB', atMost(300))
}

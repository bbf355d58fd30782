import { latencyRow, percentile, type Row, ratioRow, row, type Target, unlessBusy } from '../rows.ts'
import type { Ages } from './ages.ts'
import type { Answered } from './answers.ts'
import type { Alone } from './measure-alone.ts'
import type { Places } from './questions.ts'
import { cpuMsOf, rssOf, type SystemResult } from './run-system.ts'
import type { SimulatorCost } from './site.ts'

export type SiteResults = {
  nodes: number
  podsPerNode: number
  intervalMs: number
  places: Places
  systems: SystemResult[]
  simulator: SimulatorCost
}

export type Results = {
  /** Of each kubelet process. */
  samplings: string[]
  large: SiteResults
  small: SiteResults | undefined
  alone: Alone
}

type Found = SystemResult | undefined

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
    ...ageRows(peer, ours, results.samplings),
    memoryRow(peer, ours),
    ...standaloneRows(find(small, 'metrics-server'), find(small, 'standalone'), small),
    shardMemoryRow(ours, alone, large.nodes),
    ...faultRows(alone),
    ...aloneRows(alone),
  ]
}

const exactly = (value: number): Target => ({ is: '=', value })
const atMost = (value: number): Target => ({ is: '<=', value })

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

type Kinds = Parameters<typeof cpuMsOf> extends [unknown, ...infer K] ? K : never

function perScrape({ steady }: SystemResult, ...kinds: Kinds): number {
  return cpuMsOf(steady, ...kinds) / steady.kubelets.reduce((sum, { scrapes }) => sum + scrapes, 0)
}

export function cores({ steady }: SystemResult, ...kinds: Kinds): number {
  return cpuMsOf(steady, ...kinds) / steady.ms
}

function answerRows(peer: Found, ours: Found, { pods, big }: Places): Row[] {
  const asked = (found: Found, shape: string) => found?.answers?.find((each) => each.shape === shape)
  const compared = (name: string, shape: string, of: (answered: Answered) => number, target: Target) => {
    const [mine, theirs] = [asked(ours, shape), asked(peer, shape)]
    const pair = { ours: mine && of(mine), theirs: theirs && of(theirs) }
    return unlessBusy(ratioRow(name, pair, 'ms', target), Math.min(mine?.idle ?? 1, theirs?.idle ?? 1))
  }
  const forms = ['JSON', 'protobuf']
  const block = atMost(50)
  const lists = ours?.answers?.filter(({ shape }) => shape.startsWith('all pods')) ?? []
  const most = (of: (answered: Answered) => number | undefined) =>
    lists.length === 0 ? undefined : Math.max(...lists.map((each) => of(each) ?? Number.NaN))
  const selecting = `namespace and selector of ${big.selected} pods in ${big.pods}`
  return [
    ...forms.map((form) =>
      compared(
        `LIST of all ${pods} pods, ${form}, p50`,
        `all pods, ${form}`,
        ({ p50Ms }) => p50Ms,
        atMost(0.1),
      ),
    ),
    latencyRow(
      '  event loop held at most',
      most(({ loop }) => loop?.longestMs),
      'ms',
      Math.min(1, ...lists.map(({ idle }) => idle)),
      block,
    ),
    row(
      '  event loop held by own work at most',
      most(({ loop }) => loop?.longestCpuMs),
      'ms',
      block,
    ),
    ...forms.flatMap((form) => {
      const shape = `namespace and selector, ${form}`
      const mine = asked(ours, shape)
      return [
        compared(`LIST ${selecting}, ${form}, p99`, shape, ({ p99Ms }) => p99Ms, atMost(0.2)),
        latencyRow(`  the same`, mine?.p99Ms, 'ms', mine?.idle ?? 1, { is: '<', value: 20 }),
      ]
    }),
  ]
}

function startRows(peer: Found, ours: Found, { coldStart }: Alone, { pods }: Places): Row[] {
  const median = (values: readonly (number | undefined)[] = []) => {
    const known = values.filter((value) => value !== undefined)
    const ms = percentile(known, 0.5)
    return ms === undefined ? undefined : ms / 1000
  }
  const name = (count: number) => `process start of a frontend to its first complete list, ${count} pods`
  const completed = (found: Found) => median(found?.restarts?.map(({ completeMs }) => completeMs))
  const idle = ours?.restartIdle ?? 1
  const large = latencyRow(name(pods), completed(ours), 's', idle, atMost(8))
  const theirs = completed(peer)
  const afterMetadata = ours?.restarts?.map(({ completeMs, metadataMs }) =>
    metadataMs === undefined ? undefined : Math.max(0, completeMs - metadataMs),
  )
  return [
    latencyRow(
      name(coldStart?.pods ?? 3_000),
      median(coldStart?.tookMs),
      's',
      coldStart?.idle ?? 1,
      atMost(2),
    ),
    theirs === undefined ? large : { ...large, peer: Number(theirs.toPrecision(4)) },
    latencyRow('  of which after all metadata is in', median(afterMetadata), 's', idle, atMost(3)),
  ]
}

function ageRows(peer: Found, ours: Found, samplings: readonly string[]): Row[] {
  return samplings.flatMap((sampling, index) => {
    const pair = (of: (ages: Ages) => number, when: 'healthy' | 'hanging') => {
      const seconds = (found: Found) => {
        const ages = found?.ages?.[when]?.[index]
        return ages && of(ages) / 1000
      }
      return { ours: seconds(ours), theirs: seconds(peer) }
    }
    const meanOf = ({ meanMs }: Ages) => meanMs
    const p99Of = ({ p99Ms }: Ages) => p99Ms
    return [
      ratioRow(`age of served samples, ${sampling}, mean`, pair(meanOf, 'healthy'), 's', atMost(0.9)),
      ratioRow(`age of served samples, ${sampling}, p99`, pair(p99Of, 'healthy'), 's', atMost(0.95)),
      ratioRow(`  with 1 % of kubelets hanging, ${sampling}, p99`, pair(p99Of, 'hanging'), 's', atMost(0.75)),
    ]
  })
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

function shardMemoryRow(ours: Found, { librariesRssBytes }: Alone, nodes: number): Row {
  const own =
    ours && librariesRssBytes !== undefined
      ? rssOf(ours.atEnd, 'shard') - ours.replicas * librariesRssBytes
      : undefined
  const perThousand = mebibytes(own === undefined ? undefined : (own * 1_000) / nodes)
  return row('memory of all shards per 1,000 nodes, after libraries', perThousand, 'MiB', atMost(300))
}

/** The worst of all faults. */
function faultRows({ faults }: Alone): Row[] {
  const worst = (ending: string) => {
    const values = (faults ?? []).filter(({ name }) => name.endsWith(ending)).map(({ value }) => value)
    const whole = values.length > 0 && values.every((value) => typeof value === 'number')
    return whole ? Math.max(...(values as number[])) : undefined
  }
  const fresh = ': a new pod is served, after its start'
  const target = faults?.find(({ name }) => name.endsWith(fresh))?.target?.split(' ')[1]
  return [
    row(
      'missing pods, 10 lists a second while a process is killed, restarted or rolled',
      worst(': pods missing in a list'),
      '',
      exactly(0),
    ),
    row('  lists answered with an error', worst(': lists answered with an error'), '', exactly(0)),
    row(
      '  a pod created meanwhile is served, after its start',
      worst(fresh),
      's',
      atMost(Number(target ?? 30)),
    ),
  ]
}

function aloneRows({ decode, assign }: Alone): Row[] {
  return [
    row('decoding 33 kB', decode && (decode.msEach * 33_000) / decode.bytes, 'ms', atMost(0.15)),
    assign?.[0] ?? row('assignment of 5000 nodes over 20 shards', undefined, 'ms', atMost(50)),
  ]
}

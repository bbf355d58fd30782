import {
  atMost,
  latencyRow,
  leastIdle,
  median,
  type Row,
  ratioRow,
  row,
  type Target,
  unlessBusy,
  withPeer,
} from '../rows.ts'
import type { Ages } from './ages.ts'
import type { Answered } from './answers.ts'
import type { Found, Results } from './compare-results.ts'
import type { Places } from './questions.ts'

export function answerRows(peer: Found, ours: Found, { pods, big }: Places): Row[] {
  // An answer that lacks something is no measure of a whole one.
  const asked = (found: Found, shape: string) =>
    found?.answers?.find((each) => each.shape === shape && (each.items ?? each.expected) === each.expected)
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
    ...forms.flatMap((form) => {
      const shape = `all pods, ${form}`
      return [
        compared(`LIST of all ${pods} pods, ${form}, p50`, shape, ({ p50Ms }) => p50Ms, atMost(0.1)),
        withPeer(
          latencyRow(
            '  the first after a pause, p50',
            median(asked(ours, shape)?.firstMs),
            'ms',
            asked(ours, shape)?.idle ?? 1,
          ),
          median(asked(peer, shape)?.firstMs),
        ),
      ]
    }),
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

export function startRows(peer: Found, ours: Found, alone: Results['alone'], { pods }: Places): Row[] {
  const coldStart = alone?.coldStart
  const name = (count: number) => `process start of a frontend to its first complete list, ${count} pods`
  const seconds = (ms: number | undefined) => ms && ms / 1000
  const completed = (found: Found) => seconds(median(found?.restarts?.map(({ completeMs }) => completeMs)))
  const idle = ours?.restartIdle ?? 1
  const large = latencyRow(name(pods), completed(ours), 's', idle, atMost(8))
  const theirs = (peer?.restartIdle ?? 1) >= leastIdle ? completed(peer) : undefined
  const afterMetadata = ours?.restarts?.map(({ completeMs, metadataMs }) =>
    metadataMs === undefined ? undefined : Math.max(0, completeMs - metadataMs),
  )
  return [
    latencyRow(
      name(coldStart?.pods ?? 3_000),
      seconds(median(coldStart?.tookMs)),
      's',
      coldStart?.idle ?? 1,
      atMost(2),
    ),
    withPeer(large, theirs),
    latencyRow('  of which after all metadata is in', seconds(median(afterMetadata)), 's', idle, atMost(3)),
  ]
}

export function ageRows(peer: Found, ours: Found, { samplings, hangingPercent }: Results): Row[] {
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
      ratioRow(
        `  with ${hangingPercent} % of kubelets hanging, ${sampling}, p99`,
        pair(p99Of, 'hanging'),
        's',
        atMost(0.75),
      ),
    ]
  })
}

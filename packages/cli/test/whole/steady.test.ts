import { expect } from 'chai'
import { complete, type Installation, type InstallOptions, install, settled } from './installation.ts'
import { scrapesPerInterval, unexplainedRows, valueFaults } from './steady.ts'

type Case = Required<Pick<InstallOptions, 'sampling' | 'shards' | 'frontends'>>

const nodes = 30
const podsPerNode = 10
const intervals = 10
const cases: Case[] = [
  { sampling: 'cadvisor', shards: 1, frontends: 0 },
  { sampling: 'cadvisor', shards: 3, frontends: 2 },
  { sampling: 'cadvisor', shards: 5, frontends: 0 },
  { sampling: 'cri', shards: 3, frontends: 2 },
]

/** All run at once: counting takes ten intervals, and nothing else. */
describe('a cluster that is left alone', function () {
  this.timeout(90_000)
  const running = new Map<Case, Installation>()
  const counted = new Map<Case, ReturnType<typeof scrapesPerInterval>>()

  before(async () => {
    await Promise.all(
      cases.map(async (each) => {
        const installation = await install({ nodes, podsPerNode, ...each })
        running.set(each, installation)
      }),
    )
    for (const each of cases) {
      const counting = settled(of(each)).then(() => scrapesPerInterval(of(each), Date.now(), intervals))
      counting.catch(() => {})
      counted.set(each, counting)
    }
  })
  after(async () => {
    await Promise.all([...running.values()].map(({ stop }) => stop()))
  })
  function of(each: Case): Installation {
    return running.get(each) as Installation
  }

  for (const each of cases.filter(({ frontends }) => frontends > 0)) {
    it(`serves what the model says, to the microcore, and kubectl prints its rounding (${each.sampling})`, async () => {
      await complete(of(each))
      const { values, faults } = await valueFaults(of(each))
      console.log(`      ${values} values held against the model`)
      expect(faults).to.deep.equal([])
      expect(await unexplainedRows(of(each))).to.deep.equal([])
    })
  }

  for (const each of cases) {
    const ring = `${each.shards} shards, ${each.sampling}`
    it(`has each kubelet scraped exactly once in each of ${intervals} intervals (${ring})`, async () => {
      const { min, max } = await (counted.get(each) as ReturnType<typeof scrapesPerInterval>)
      console.log(`      min ${min}, max ${max} scrapes of a kubelet in an interval`)
      expect({ min, max }).to.deep.equal({ min: 1, max: 1 })
    })

    it(`gives no shard more than a tenth above its share (${ring})`, async () => {
      const owned = (await settled(of(each))).map(({ own }) => own)
      console.log(`      ${owned.join(', ')} nodes`)
      expect(Math.max(...owned)).to.be.at.most(Math.ceil((11 * nodes) / (10 * each.shards)))
    })
  }
})

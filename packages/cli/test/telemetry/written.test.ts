import { readdirSync, readFileSync } from 'node:fs'
import { prometheusName } from '@metrics-ring/common/telemetry/metric'
import { expect } from 'chai'
import { metricSpecs } from '../../../../scripts/telemetry/catalog.ts'
import { written } from '../../../../scripts/telemetry/written.ts'
import { unknownIn } from './known-metrics.ts'

describe('what is written from the code of telemetry', () => {
  for (const { path, text } of written()) {
    it(`is up to date: ${path.split('/').slice(-2).join('/')} (npm run telemetry)`, () => {
      expect(readFileSync(path, 'utf8')).to.equal(text)
    })
  }
})

describe('the metrics', () => {
  it('have each a name of its own, that Prometheus can take, and a sentence', () => {
    const names = metricSpecs.map(prometheusName)
    expect(new Set(names).size).to.equal(names.length)
    for (const name of names) expect(name).to.match(/^(metrics_ring|process|nodejs)_[a-z0-9]+(_[a-z0-9]+)*$/)
    for (const { name, help } of metricSpecs) expect(help, name).to.match(/^\S.*[.:]?.*\.$/s)
  })

  it('have no label that names something there may be any number of', () => {
    const labels = new Set(metricSpecs.flatMap(({ labels = {} }) => Object.keys(labels)))
    for (const label of ['node_name', 'instance', 'pod', 'namespace', 'shard', 'user', 'path', 'client'])
      expect(labels).to.not.include(label)
  })
})

describe('the documents', () => {
  const docs = new URL('../../../../docs/', import.meta.url)
  const mentioned = (file: string) =>
    new Set(readFileSync(new URL(file, docs), 'utf8').match(/\b(metrics_ring|nodejs)_[a-z0-9_]+[a-z0-9]\b/g))

  it('speak of no metric that is not there', () => {
    const files = readdirSync(docs).filter((file) => file.endsWith('.md'))
    // A histogram may be spoken of as a whole.
    const families = new Set(metricSpecs.map(prometheusName))
    const isUnknown = (name: string) => !families.has(name) && unknownIn(name).length > 0
    const unknown = files.flatMap((file) => [...mentioned(file)].filter(isUnknown))
    expect(unknown).to.deep.equal([])
    expect(mentioned('migrate.md').size).to.be.above(10)
  })
})

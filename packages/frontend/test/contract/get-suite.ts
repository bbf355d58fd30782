import { expect } from 'chai'
import { load } from 'js-yaml'
import { appliesIf, type Context, type Item, type List, printed } from './context.ts'
import { holds } from './holds.ts'
import { keyOf, observe, sampleOf } from './observe.ts'
import { billionths, sum } from './quantities.ts'
import { findSubjects, hasLabel, type Subjects } from './subjects.ts'
import { readTable } from './tables.ts'

/** `kubectl get` in its formats, held against the API's JSON. */
export function getSuite(context: () => Context): void {
  let subjects: Subjects
  before(async () => {
    subjects = await findSubjects(context())
  })

  async function get(what: string, ...args: string[]) {
    const path = `${context().versions[0]}/${what.startsWith('node') ? 'nodes' : 'pods'}`
    return observe(context(), path, () => printed(context().kubectl('get', what, ...args)))
  }
  /** Numbers for the texts of quantities: a sum has more than one right text. */
  function cellsOf(item: Item) {
    const usages = item.usage ? [item.usage] : (item.containers ?? []).map(({ usage }) => usage)
    const total = (resource: string) => sum(usages.map((usage) => usage[resource] ?? '0'))
    return [keyOf(item), total('cpu'), total('memory'), item.window]
  }
  const readCells = (rows: string[][], columns: number) =>
    rows.map((row) => {
      const [cpu = '', memory = '', ...others] = row.slice(columns)
      const window = others.at(-1)
      return [row.slice(0, columns).join('/'), billionths(cpu), billionths(memory), window]
    })

  for (const what of ['podmetrics', 'pods.metrics.k8s.io']) {
    holds(context, `shows a table of ${what} with CPU, memory and window`, async () => {
      const { seen, items } = await get(what, '-A')
      const { header, rows } = readTable(seen)
      expect(header.filter((column) => column !== 'SWAP')).to.deep.equal([
        'NAMESPACE',
        'NAME',
        'CPU',
        'MEMORY',
        'WINDOW',
      ])
      const cells = readCells(rows, 2).filter(([key]) => items.has(key as string))
      expect(cells).to.have.deep.members([...items.values()].map(cellsOf))
    })
  }

  holds(context, 'shows a table of nodemetrics with CPU, memory and window', async () => {
    const { seen, items } = await get('nodemetrics')
    const { header, rows } = readTable(seen)
    expect(header.filter((column) => column !== 'SWAP')).to.deep.equal(['NAME', 'CPU', 'MEMORY', 'WINDOW'])
    const cells = readCells(rows, 1).filter(([key]) => items.has(key as string))
    expect(cells).to.deep.equal([...items.values()].map(cellsOf))
  })

  holds(context, 'prints the same objects as JSON, as YAML and by JSONPath', async () => {
    const { namespace, pod } = subjects
    const json = await get('podmetrics', '-A', '-o', 'json')
    const yaml = await get('podmetrics', '-A', '-o', 'yaml')
    for (const [{ items }, { items: printedItems }] of [
      [json, JSON.parse(json.seen) as List],
      [yaml, load(yaml.seen) as List],
    ] as const) {
      const unchanged = printedItems.filter((item) => items.has(keyOf(item)))
      expect(unchanged.map(sampleOf)).to.have.deep.members([...items.values()].map(sampleOf))
    }
    const path = '{.metadata.name} {.timestamp} {.window}'
    const one = await get('podmetrics', pod, '-n', namespace, '-o', `jsonpath=${path}`)
    const item = one.items.get(`${namespace}/${pod}`)
    if (item) expect(one.seen).to.equal(`${pod} ${item.timestamp} ${item.window}`)
    const all = await get('nodemetrics', '-o', 'jsonpath={.items[*].metadata.name}')
    expect(all.seen.split(' ')).to.include.members([...all.items.keys()])
  })

  holds(context, 'selects by label and by field', async () => {
    const { namespace, pod, podLabel, nodeLabel } = subjects
    const names = (output: string) => output.split('\n').filter((line) => line !== '')
    const podNames = (items: Map<string, Item>, wanted: (item: Item) => boolean) =>
      [...items.values()].filter(wanted).map(({ metadata }) => `podmetrics.metrics.k8s.io/${metadata.name}`)
    const labelled = await get('podmetrics', '-A', '-l', podLabel, '-o', 'name')
    expect(names(labelled.seen)).to.include.members(
      podNames(labelled.items, (item) => hasLabel(item, podLabel)),
    )
    const others = await get('podmetrics', '-A', '-l', podLabel.replace('=', '!='), '-o', 'name')
    expect(names(others.seen)).to.include.members(podNames(others.items, (item) => !hasLabel(item, podLabel)))
    const named = await get(
      'podmetrics',
      '-n',
      namespace,
      `--field-selector=metadata.name=${pod}`,
      '-o',
      'name',
    )
    expect(names(named.seen)).to.deep.equal([`podmetrics.metrics.k8s.io/${pod}`])
    const nodes = await get('nodemetrics', '-l', nodeLabel, '-o', 'name')
    const chosen = [...nodes.items.values()].filter((item) => hasLabel(item, nodeLabel))
    expect(names(nodes.seen)).to.include.members(
      chosen.map(({ metadata }) => `nodemetrics.metrics.k8s.io/${metadata.name}`),
    )
  })

  holds(context, 'gathers all pages of two', async function () {
    const { kubectl, versions, server } = context()
    const whole = await observe(context(), `${versions[0]}/nodes`, () =>
      kubectl('get', 'nodemetrics', '--chunk-size=2', '-o', 'name', '-v=6'),
    )
    const { stdout, stderr } = whole.seen
    expect(stdout.split('\n')).to.include.members(
      [...whole.items.keys()].map((name) => `nodemetrics.metrics.k8s.io/${name}`),
    )
    appliesIf(this, server === 'metrics-ring', 'metrics-server answers with everything, whatever the limit')
    const pages = stderr.match(/nodes\?(?=.*limit=2).*200 OK/g) ?? []
    expect(pages).to.have.length(Math.ceil(whole.known.size / 2))
  })

  holds(context, 'gets the same objects of every version', async () => {
    for (const version of context().versions) {
      const { seen, items } = await get(`pods.${version}.metrics.k8s.io`, '-A', '-o', 'json')
      const { items: objects } = JSON.parse(seen) as {
        items: (Item & { apiVersion: string; kind: string })[]
      }
      for (const { apiVersion, kind } of objects) {
        expect([apiVersion, kind]).to.deep.equal([`metrics.k8s.io/${version}`, 'PodMetrics'])
      }
      const unchanged = objects.filter((item) => items.has(keyOf(item)))
      expect(unchanged.map(sampleOf)).to.have.deep.members([...items.values()].map(sampleOf))
    }
  })
}

import { expect } from 'chai'
import { load } from 'js-yaml'
import { listOf, objectOf, opened } from '../../testing/protobuf-decoder.ts'
import { appliesIf, type Context, getList, type Item, type List } from './context.ts'
import { holds } from './holds.ts'
import { keyOf, observe, sampleOf } from './observe.ts'
import { billionths, sum } from './quantities.ts'

const protobuf = 'application/vnd.kubernetes.protobuf'
const as = (kind: string) => `application/json;as=${kind};v=v1;g=meta.k8s.io`

/** One list in every representation and version: the same items, in the same order. */
export function representationsSuite(context: () => Context): void {
  const fetchAs = async (accept: string, resource: string, version = 'v1beta1') => {
    const path = `/apis/metrics.k8s.io/${version}/${resource}`
    return observe(context(), `v1beta1/${resource}`, () => context().get(path, { accept }))
  }
  const same = (items: Item[], of: Map<string, Item>) => {
    const unchanged = items.filter((item) => of.has(keyOf(item)))
    expect(unchanged.map(sampleOf)).to.deep.equal([...of.values()].map(sampleOf))
  }

  holds(context, 'lists nodes by name and pods by namespace and name, byte by byte', async () => {
    for (const resource of ['nodes', 'pods']) {
      const { items } = await getList(context(), `v1beta1/${resource}`)
      const places = items.map(({ metadata: { namespace = '', name } }) =>
        Buffer.from(`${namespace}\0${name}`),
      )
      expect(places).to.deep.equal(places.toSorted(Buffer.compare))
    }
  })

  holds(context, 'gives items neither kind nor apiVersion, and whole seconds', async () => {
    for (const resource of ['nodes', 'pods']) {
      const { items, ...list } = await getList(context(), `v1beta1/${resource}`)
      const kind = resource === 'nodes' ? 'NodeMetricsList' : 'PodMetricsList'
      expect(list).to.deep.equal({ kind, apiVersion: 'metrics.k8s.io/v1beta1', metadata: {} })
      for (const item of items) {
        expect(item).to.not.have.any.keys('kind', 'apiVersion')
        expect(item.timestamp).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
        expect(item.window).to.match(/^[\d.hms]+$/)
      }
    }
  })

  for (const resource of ['nodes', 'pods']) {
    holds(context, `says the same of ${resource} in JSON, YAML and protobuf`, async () => {
      const json = await fetchAs('application/json', resource)
      expect(json.seen.type).to.equal('application/json')
      same((JSON.parse(json.seen.text) as List).items, json.items)
      const yaml = await fetchAs('application/yaml', resource)
      expect(yaml.seen.type).to.equal('application/yaml')
      same((load(yaml.seen.text) as List).items, yaml.items)
      const proto = await fetchAs(`${protobuf}, */*`, resource)
      expect(proto.seen.type).to.equal(protobuf)
      const envelope = opened(proto.seen.bytes)
      expect(envelope.kind).to.equal(resource === 'nodes' ? 'NodeMetricsList' : 'PodMetricsList')
      same(listOf(envelope.message as Buffer).items.map(fromProtobuf(resource)), proto.items)
    })
  }

  holds(context, 'says the same in a Table', async () => {
    const { seen, items } = await fetchAs(as('Table'), 'pods')
    const { kind, apiVersion, columnDefinitions, rows } = JSON.parse(seen.text)
    expect([kind, apiVersion]).to.deep.equal(['Table', 'meta.k8s.io/v1'])
    const columns = columnDefinitions.map(({ name }: { name: string }) => name) as string[]
    expect(columns.filter((name) => name !== 'swap')).to.deep.equal(['Name', 'cpu', 'memory', 'Window'])
    for (const { cells, object } of rows as { cells: string[]; object: Item }[]) {
      const item = items.get(keyOf(object))
      if (!item) continue
      const cell = (column: string) => cells[columns.indexOf(column)] ?? ''
      const total = (name: string) => sum((item.containers ?? []).map(({ usage }) => usage[name] ?? '0'))
      expect([cell('Name'), cell('Window')]).to.deep.equal([item.metadata.name, item.window])
      expect(billionths(cell('cpu'))).to.equal(total('cpu'))
      expect(billionths(cell('memory'))).to.equal(total('memory'))
    }
  })

  holds(context, 'gives metadata alone when asked for it', async () => {
    const { seen, items } = await fetchAs(as('PartialObjectMetadataList'), 'pods')
    const list = JSON.parse(seen.text)
    expect(list.kind).to.equal('PartialObjectMetadataList')
    expect(list.items.map(keyOf)).to.include.members([...items.keys()])
  })

  holds(context, 'says the same in v1 as in v1beta1', async function () {
    appliesIf(this, context().versions.includes('v1'), 'v1 is not served')
    for (const resource of ['nodes', 'pods']) {
      const { seen, items } = await fetchAs('application/json', resource, 'v1')
      const list = JSON.parse(seen.text) as List
      expect(list.apiVersion).to.equal('metrics.k8s.io/v1')
      same(list.items, items)
    }
  })

  holds(context, 'gives one object as it stands in the list', async () => {
    const { items } = await getList(context(), 'v1beta1/nodes')
    const { name } = (items[0] as Item).metadata
    const { seen, items: all } = await observe(context(), 'v1beta1/nodes', () =>
      context().get(`/apis/metrics.k8s.io/v1beta1/nodes/${name}`),
    )
    const one = JSON.parse(seen.text) as Item & { kind: string; apiVersion: string }
    expect([one.kind, one.apiVersion]).to.deep.equal(['NodeMetrics', 'metrics.k8s.io/v1beta1'])
    const listed = all.get(name)
    if (listed) expect(sampleOf(one)).to.deep.equal(sampleOf(listed))
  })
}

function fromProtobuf(resource: string): (message: Buffer) => Item {
  return (message) => {
    const object = objectOf(message)
    const usage = resource === 'nodes' ? object.node() : object.pod()
    return { ...object.head, window: goDuration(object.windowNanos), ...usage } as Item
  }
}

/** As Go prints a duration of a second or more. */
function goDuration(nanos: bigint): string {
  const [minutes, rest] = [nanos / 60_000_000_000n, nanos % 60_000_000_000n]
  const seconds = `${Number(rest) / 1e9}s`
  if (minutes === 0n) return seconds
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`
}

import { expect } from 'chai'
import { appliesIf, type Context, type Item, printed } from './context.ts'
import { holds } from './holds.ts'
import { observe } from './observe.ts'
import { billionths, bytesCell, cpuCell, milli, percentCell } from './quantities.ts'
import { findSubjects, hasLabel, type Subjects } from './subjects.ts'
import { readRows, readTable } from './tables.ts'

type CoreNode = {
  metadata: { name: string }
  status: {
    allocatable: Record<string, string>
    capacity: Record<string, string>
    nodeInfo?: { swap?: { capacity?: number } }
  }
}
type Share = 'allocatable' | 'capacity'

/** `kubectl top node`, held against the API's JSON and the nodes of the core API. */
export function topNodeSuite(context: () => Context, { minor }: { minor: number }): void {
  let subjects: Subjects
  let core: Map<string, CoreNode>
  before(async () => {
    subjects = await findSubjects(context())
    const { items } = JSON.parse(await printed(context().kubectl('get', 'nodes', '-o', 'json')))
    core = new Map((items as CoreNode[]).map((node) => [node.metadata.name, node]))
  })

  function rowOf(item: Item, share: Share): string[] {
    const { cpu = '0', memory = '0' } = item.usage ?? {}
    const whole = core.get(item.metadata.name)?.status[share] ?? {}
    const [cores, bytes] = [billionths(cpu), billionths(memory)]
    const cpuShare = percentCell(cores, billionths(whole.cpu ?? '0'))
    const memoryShare = percentCell(bytes, billionths(whole.memory ?? '0'))
    return [item.metadata.name, cpuCell(cores), cpuShare, bytesCell(bytes), memoryShare]
  }
  async function top(...args: string[]) {
    const { kubectl } = context()
    return observe(context(), 'v1beta1/nodes', () => printed(kubectl('top', 'node', ...args)))
  }
  function expectRows(rows: string[][], items: Map<string, Item>, share: Share = 'allocatable') {
    const unchanged = rows.filter(([name]) => items.has(name ?? ''))
    expect(unchanged).to.deep.equal(unchanged.map(([name]) => rowOf(items.get(name ?? '') as Item, share)))
  }

  holds(
    context,
    'shows the CPU and memory of every node, and their shares of what can be allocated',
    async () => {
      const { seen, items, known } = await top()
      const { header, rows } = readTable(seen)
      expect(header.join(' ')).to.equal('NAME CPU(cores) CPU(%) MEMORY(bytes) MEMORY(%)')
      expect(rows.map(([name]) => name)).to.have.members([...core.keys()].filter((name) => known.has(name)))
      expectRows(rows, items)
    },
  )

  holds(context, 'shows the shares of the capacity when asked to', async () => {
    const { seen, items } = await top('--show-capacity')
    expectRows(readTable(seen).rows, items, 'capacity')
  })

  holds(context, 'shows one node by name, and those of a selector', async () => {
    const one = await top(subjects.node)
    expect(readTable(one.seen).rows).to.have.length(1)
    expectRows(readTable(one.seen).rows, one.items)
    const some = await top('-l', subjects.nodeLabel)
    const { rows } = readTable(some.seen)
    expectRows(rows, some.items)
    const chosen = [...some.items.values()].filter((item) => hasLabel(item, subjects.nodeLabel))
    expect(rows.map(([name]) => name)).to.include.members(chosen.map(({ metadata }) => metadata.name))
    expect(rows.length).to.be.at.most(chosen.length + some.known.size - some.items.size)
  })

  holds(context, 'sorts by CPU and by memory, and leaves the header out', async () => {
    const keys = { cpu: 'cpu', memory: 'memory' } as const
    for (const key of Object.values(keys)) {
      const { seen, items } = await top(`--sort-by=${key}`, '--no-headers')
      const rows = readRows(seen)
      expectRows(rows, items)
      const texts = rows.flatMap(([name]) => items.get(name ?? '')?.usage?.[key] ?? [])
      const amounts = texts.map((text) => milli(billionths(text)))
      expect(amounts).to.deep.equal(amounts.toSorted((a, b) => Number(b - a)))
    }
  })

  holds(context, 'shows the same whether it asks for protobuf first or not', async () => {
    for (const wanted of ['true', 'false']) {
      const { seen, items } = await top(`--use-protocol-buffers=${wanted}`)
      expectRows(readTable(seen).rows, items)
    }
  })

  if (minor < 34) return
  holds(context, 'shows swap where the node has some', async function () {
    appliesIf(this, context().server === 'metrics-ring', 'metrics-server has no swap')
    const { seen, items } = await top('--show-swap')
    const { header, rows } = readTable(seen)
    expect(header.slice(5)).to.deep.equal(['SWAP(bytes)', 'SWAP(%)'])
    for (const [name = '', , , , , swap] of rows.filter(([each]) => items.has(each ?? ''))) {
      const { swap: used } = items.get(name)?.usage ?? {}
      const { capacity } = core.get(name)?.status.nodeInfo?.swap ?? {}
      if (capacity === undefined) expect(swap).to.equal('<unknown>')
      else expect(swap).to.equal(bytesCell(billionths(used ?? '0')))
    }
  })
}

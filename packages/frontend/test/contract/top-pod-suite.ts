import { expect } from 'chai'
import { type Context, complaint, type Item, printed } from './context.ts'
import { holds } from './holds.ts'
import { keyOf, observe } from './observe.ts'
import { billionths, bytesCell, cpuCell, milli, sum } from './quantities.ts'
import { findSubjects, hasLabel, type Subjects } from './subjects.ts'
import { readRows, readTable } from './tables.ts'

/** `kubectl top pod`, held against the API's JSON. */
export function topPodSuite(context: () => Context, { minor }: { minor: number }): void {
  let subjects: Subjects
  before(async () => {
    subjects = await findSubjects(context())
  })

  const used = (item: Item, resource: string) =>
    sum((item.containers ?? []).map(({ usage }) => usage[resource] ?? '0'))
  const podRow = (item: Item) => [
    item.metadata.namespace ?? '',
    item.metadata.name,
    cpuCell(used(item, 'cpu')),
    bytesCell(used(item, 'memory')),
  ]
  const containerRows = (item: Item, withSwap: boolean) =>
    (item.containers ?? []).map(({ name, usage }) => [
      ...[item.metadata.namespace ?? '', item.metadata.name, name],
      ...[cpuCell(billionths(usage.cpu ?? '')), bytesCell(billionths(usage.memory ?? ''))],
      ...(withSwap ? [bytesCell(billionths(usage.swap ?? '0'))] : []),
    ])
  async function top(...args: string[]) {
    const { kubectl } = context()
    return observe(context(), 'v1beta1/pods', () => printed(kubectl('top', 'pod', ...args)))
  }
  const within = (rows: string[][], items: Map<string, Item>) =>
    rows.filter(([namespace, name]) => items.has(`${namespace}/${name}`))
  function expectPods(
    rows: string[][],
    items: Map<string, Item>,
    wanted: (item: Item) => boolean = () => true,
  ) {
    const chosen = [...items.values()].filter(wanted)
    expect(within(rows, items)).to.have.deep.members(chosen.map(podRow))
  }

  holds(context, 'shows the CPU and memory of every pod', async () => {
    const { seen, items } = await top('-A')
    const { header, rows } = readTable(seen)
    expect(header.join(' ')).to.equal('NAMESPACE NAME CPU(cores) MEMORY(bytes)')
    expectPods(rows, items)
  })

  holds(context, 'shows one namespace, and one pod by name', async () => {
    const { namespace, pod } = subjects
    const some = await top('-n', namespace)
    const prefixed = (output: string) => readTable(output).rows.map((row) => [namespace, ...row])
    expectPods(prefixed(some.seen), some.items, ({ metadata }) => metadata.namespace === namespace)
    const one = await top(pod, '-n', namespace)
    expectPods(prefixed(one.seen), one.items, (item) => keyOf(item) === `${namespace}/${pod}`)
  })

  holds(context, 'shows every container', async () => {
    const { seen, items } = await top('-A', '--containers')
    const { header, rows } = readTable(seen)
    expect(header.join(' ')).to.equal('NAMESPACE POD NAME CPU(cores) MEMORY(bytes)')
    const wanted = [...items.values()].flatMap((item) => containerRows(item, false))
    expect(within(rows, items)).to.have.deep.members(wanted)
  })

  holds(context, 'adds the pods up', async () => {
    const { seen, items, still } = await top('-A', '--sum')
    const rows = readRows(seen)
    const total = (resource: string) =>
      [...items.values()].reduce((all, item) => all + used(item, resource), 0n)
    const expected = [cpuCell(total('cpu')), bytesCell(total('memory'))]
    if (still) expect(rows.at(-1)).to.deep.equal(expected)
    else expect(rows.at(-1)).to.have.length(2)
  })

  holds(context, 'selects by label and by field', async () => {
    const { namespace, pod, podLabel } = subjects
    const labelled = await top('-A', '-l', podLabel)
    expectPods(readTable(labelled.seen).rows, labelled.items, (item) => hasLabel(item, podLabel))
    const named = await top('-A', `--field-selector=metadata.namespace=${namespace},metadata.name=${pod}`)
    expectPods(readTable(named.seen).rows, named.items, (item) => keyOf(item) === `${namespace}/${pod}`)
  })

  holds(context, 'sorts by CPU and by memory, and leaves the header out', async () => {
    for (const key of ['cpu', 'memory']) {
      const { seen, items } = await top('-A', `--sort-by=${key}`, '--no-headers')
      const rows = readRows(seen)
      expectPods(rows, items)
      const chosen = within(rows, items).map(([namespace, name]) => items.get(`${namespace}/${name}`) as Item)
      const amounts = chosen.map((item) => milli(used(item, key)))
      expect(amounts).to.deep.equal(amounts.toSorted((a, b) => Number(b - a)))
    }
  })

  holds(context, 'shows the same whether it asks for protobuf first or not', async () => {
    for (const wanted of ['true', 'false']) {
      const { seen, items } = await top('-A', `--use-protocol-buffers=${wanted}`)
      expectPods(readTable(seen).rows, items)
    }
  })

  holds(context, 'says so where there is nothing', async () => {
    const { kubectl } = context()
    const nowhere = await kubectl('top', 'pod', '-n', 'metrics-ring-no-such-namespace')
    expect(nowhere.stderr).to.match(/^No resources found/)
    expect(await complaint(kubectl('top', 'pod', 'no-such-pod', '-n', subjects.namespace))).to.equal(
      'Error from server (NotFound): pods "no-such-pod" not found',
    )
    expect(await complaint(kubectl('top', 'node', 'no-such-node'))).to.equal(
      'Error from server (NotFound): node "no-such-node" not found',
    )
  })

  if (minor < 34) return
  holds(context, 'shows the swap of every container', async () => {
    const { seen, items } = await top('-A', '--containers', '--show-swap')
    const { header, rows } = readTable(seen)
    expect(header.at(-1)).to.equal('SWAP(bytes)')
    const wanted = [...items.values()].flatMap((item) => containerRows(item, true))
    expect(within(rows, items)).to.have.deep.members(wanted)
  })
}

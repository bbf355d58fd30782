import { expect } from 'chai'
import fc from 'fast-check'
import { parseLabelSelector } from '../../src/request/label-selector.ts'
import { at, createTestView, nodeObject, podObject, record } from '../builders.ts'

const namespaces = ['a', 'a-b', 'b']
const names = ['p', 'p-1', 'p-10', 'p-2', 'q']
const nodes = ['n1', 'n2', 'n3']
const selectors = ['app=x', 'app=x,tier=1', 'app in (x,y)', 'app!=x', '!tier', 'tier,app notin (y)', 'app=z']

const labels = fc.record(
  { app: fc.constantFrom('x', 'y'), tier: fc.constantFrom('1', '2') },
  { requiredKeys: [] },
)
const pod = fc.record({ namespace: fc.constantFrom(...namespaces), name: fc.constantFrom(...names) })
const step = fc.oneof(
  fc.record({ kind: fc.constant('upsert' as const), pod, labels }),
  fc.record({ kind: fc.constant('remove' as const), pod }),
  fc.record({ kind: fc.constant('list' as const), kept: fc.constantFrom(...names) }),
  fc.record({
    kind: fc.constant('record' as const),
    node: fc.constantFrom(...nodes),
    pods: fc.uniqueArray(pod, { maxLength: 6, selector: ({ namespace, name }) => `${namespace}/${name}` }),
  }),
  fc.record({ kind: fc.constant('node' as const), node: fc.constantFrom(...nodes), exists: fc.boolean() }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** The same rules, over plain maps that are scanned whole. */
function createNaive() {
  const objects = new Map<string, Record<string, string>>()
  const records = new Map<string, string[]>()
  const alive = new Set<string>()
  return {
    objects,
    apply(each: Step) {
      if (each.kind === 'upsert') objects.set(path(each.pod), each.labels as Record<string, string>)
      if (each.kind === 'remove') objects.delete(path(each.pod))
      if (each.kind === 'list') {
        for (const key of [...objects.keys()]) if (!key.endsWith(`/${each.kept}`)) objects.delete(key)
      }
      if (each.kind === 'record') records.set(each.node, each.pods.map(path))
      if (each.kind === 'node') each.exists ? alive.add(each.node) : alive.delete(each.node)
    },
    served(namespace: string | undefined, selector: string) {
      const { matches } = parseLabelSelector(selector) as { matches: (l: Record<string, string>) => boolean }
      const named = new Set([...alive].flatMap((node) => records.get(node) ?? []))
      return [...objects]
        .filter(([key, its]) => named.has(key) && matches(its))
        .map(([key]) => key)
        .filter((key) => namespace === undefined || key.startsWith(`${namespace}/`))
        .sort((a, b) => (a.split('/') < b.split('/') ? -1 : 1))
    },
  }
}

function path({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`
}

describe('the index of the view', () => {
  it('selects what a scan over everything selects, whatever came before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { view, put } = createTestView()
        const naive = createNaive()
        let seconds = 0
        for (const each of steps) {
          naive.apply(each)
          if (each.kind === 'upsert')
            view.upsertPod(podObject(path(each.pod), each.labels as object as never))
          if (each.kind === 'remove') view.removePod(each.pod.namespace, each.pod.name)
          if (each.kind === 'list') {
            view.listingPods()
            for (const [key, its] of naive.objects) view.upsertPod(podObject(key, its as never))
            await view.listedPods()
          }
          if (each.kind === 'record') {
            put(
              record(
                each.node,
                at(seconds++ / 10),
                Object.fromEntries(each.pods.map((p) => [path(p), [{}]])),
              ),
            )
          }
          if (each.kind === 'node') {
            each.exists ? view.upsertNode(nodeObject(each.node)) : view.removeNode(each.node)
          }
        }
        for (const selector of selectors) {
          for (const namespace of [undefined, ...namespaces]) {
            const parsed = parseLabelSelector(selector) as never
            const found = view.selectPods(namespace, { labels: parsed }).flat()
            const served = found.filter((entry) => view.kept(entry, 'json') !== undefined).map(path)
            expect(served, `${selector} in ${namespace ?? 'all'}`).to.deep.equal(
              naive.served(namespace, selector),
            )
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

import { expect } from 'chai'
import fc from 'fast-check'
import { at, type ContainerPart, createTestView, nodeObject, podObject, record } from '../builders.ts'

const nodes = ['n1', 'n2']
const pods = ['a/p', 'a/q', 'b/p', 'b/r']

/** What a kubelet says of its pods: any of them, in any order, with any containers, each of which has a usage. */
const said = fc
  .shuffledSubarray(pods)
  .chain((named) =>
    fc.tuple(
      ...named.map((name) =>
        fc
          .shuffledSubarray(['x', 'y', 'z'], { minLength: 1 })
          .chain((containers) =>
            fc.tuple(
              fc.constant(name),
              fc.tuple(
                ...containers.map((own) =>
                  fc.record({ name: fc.constant(own), memory: fc.nat(3), swap: fc.option(fc.nat(1)) }),
                ),
              ),
            ),
          ),
      ),
    ),
  )
type Said = typeof said extends fc.Arbitrary<infer T> ? T : never

const recordOf = (node: string, seconds: number, given: Said) => {
  const parts = given.map(([name, containers]): [string, ContainerPart[]] => [
    name,
    containers.map((each) => {
      const usage = { timestampMs: at(0), memoryBytes: each.memory }
      return { name: each.name, usage: each.swap === null ? usage : { ...usage, swapBytes: each.swap } }
    }),
  ])
  return record(node, at(seconds), Object.fromEntries(parts))
}

function viewOfPods() {
  const test = createTestView(3_600_000)
  for (const node of nodes) test.view.upsertNode(nodeObject(node))
  for (const pod of pods) test.view.upsertPod(podObject(pod))
  return test
}

describe('a record over the one before', () => {
  it('leaves the view as the records of now alone would', () => {
    const histories = fc.array(fc.tuple(fc.constantFrom(...nodes), said, fc.boolean()), { maxLength: 8 })
    fc.assert(
      fc.property(histories, (history) => {
        const { put, podsAt } = viewOfPods()
        const last = new Map<string, ReturnType<typeof recordOf>>()
        for (const [seconds, [node, given, isAsked]] of history.entries()) {
          const each = recordOf(node, seconds, given)
          put(each)
          last.delete(node)
          last.set(node, each)
          if (isAsked) podsAt(at(10))
        }
        const fresh = viewOfPods()
        for (const each of last.values()) fresh.put(each)
        expect(podsAt(at(10))).to.deep.equal(fresh.podsAt(at(10)))
      }),
      { numRuns: 500 },
    )
  })

  it('renders a pod anew when the record that speaks for it changes, not when another one does', () => {
    const { put, podsAt, renders } = viewOfPods()
    const speaks = (seconds: number, memoryBytes: number) =>
      put(
        record('n1', at(seconds), {
          'a/p': [{ startMs: at(-5), usage: { timestampMs: at(0), memoryBytes } }],
        }),
      )
    const other = (seconds: number, memoryBytes: number) =>
      put(
        record('n2', at(seconds), {
          'a/p': [{ startMs: at(-9), usage: { timestampMs: at(0), memoryBytes } }],
        }),
      )
    speaks(0, 1)
    other(1, 2)
    expect(podsAt(at(2))[0]?.containers[0]?.usage.memoryBytes).to.equal(1)
    const before = renders.json
    other(16, 3)
    podsAt(at(16))
    expect(renders.json).to.equal(before)
    speaks(17, 4)
    expect(podsAt(at(17))[0]?.containers[0]?.usage.memoryBytes).to.equal(4)
  })

  it('keeps the last usages where the same containers have none, whatever comes before them in the record', () => {
    const { put, podsAt } = viewOfPods()
    const [x, y] = [
      { name: 'x', startMs: at(-99), usage: { memoryBytes: 7 } },
      { name: 'y', startMs: at(-99), usage: { memoryBytes: 8 } },
    ]
    const bare = (each: ContainerPart) => ({ ...each, usage: null })
    const memoryOf = (pod: string) =>
      podsAt(at(50))
        .filter(({ namespace, name }) => `${namespace}/${name}` === pod)
        .flatMap(({ containers }) => containers.map(({ usage }) => usage.memoryBytes))
    put(record('n1', at(0), { 'a/p': [x], 'a/q': [x, y] }))
    put(record('n1', at(15), { 'b/r': [x], 'a/p': [bare(x)], 'a/q': [bare(y), bare(x)] }))
    expect([memoryOf('a/p'), memoryOf('a/q')]).to.deep.equal([[7], [7, 8]])
    put(record('n1', at(30), { 'b/r': [x, y], 'a/p': [bare(x)], 'a/q': [bare(y)] }))
    expect([memoryOf('a/p'), memoryOf('a/q'), memoryOf('b/r')]).to.deep.equal([[7], [7, 8], [7, 8]])
    put(record('n1', at(45), { 'b/r': [x, y], 'a/p': [y], 'a/q': [y] }))
    expect([memoryOf('a/p'), memoryOf('a/q'), memoryOf('b/r')]).to.deep.equal([[8], [8], [7, 8]])
  })
})

import { type ControlPlane, startControlPlane } from '@metrics-ring/sim/control-plane'
import { expect } from 'chai'
import fc from 'fast-check'
import { realClock } from '../../src/clock.ts'
import { CodedError } from '../../src/errors.ts'
import { createKubeClient, type KubeClient } from '../../src/kube/kube.ts'
import { loadKubeConfig } from '../../src/kube/kubeconfig.ts'
import { partialListAccept, readPartialList } from '../../src/kube/partial-list.ts'
import { createReflector } from '../../src/kube/reflector.ts'
import { silentLog } from '../../src/log.ts'

/** Length-delimited, or a number. */
function field(number: number, content: Buffer | string | number): Buffer {
  if (typeof content === 'number') return Buffer.concat([varint(number << 3), varint(content)])
  const bytes = Buffer.from(content)
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = BigInt(value); ; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
    if (rest <= 0x7fn) return Buffer.from(bytes)
  }
}

const join = (...parts: Buffer[]) => Buffer.concat(parts)
const list = (...parts: Buffer[]) =>
  join(Buffer.from('k8s\0'), field(1, join(field(1, 'v1'))), field(2, join(...parts)), field(3, ''))
const item = (...meta: Buffer[]) => field(2, field(1, join(...meta)))
const label = (key: string, value: string) => field(11, join(field(1, key), field(2, value)))

describe('a list of metadata in protobuf', () => {
  it('gives names, uid, creation and labels of each object, and where the list stands', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 })
    const object = fc.record({
      name: text,
      namespace: text,
      uid: text,
      seconds: fc.integer({ min: 1, max: 2 ** 33 }),
      labels: fc.dictionary(
        text.filter((key) => key !== '__proto__'),
        text,
      ),
      other: text,
    })
    fc.assert(
      fc.property(fc.array(object, { maxLength: 5 }), text, text, (objects, version, token) => {
        const items = objects.map((each) =>
          item(
            field(1, each.name),
            field(2, each.other),
            field(3, each.namespace),
            field(5, each.uid),
            field(7, 2 ** 40),
            field(8, join(field(1, each.seconds), field(2, 0))),
            ...Object.entries(each.labels).map(([key, value]) => label(key, value)),
            field(17, join(field(1, each.other), field(7, field(1, each.other)))),
            field(99, each.other),
          ),
        )
        const meta = field(1, join(field(1, ''), field(2, version), field(3, token), field(4, 12_345)))
        const read = readPartialList(list(meta, ...items))
        expect(read.metadata).to.deep.equal({ resourceVersion: version, continue: token })
        expect(read.items.map(({ metadata }) => metadata)).to.deep.equal(
          objects.map(({ name, namespace, uid, seconds, labels }) => ({
            name,
            namespace,
            uid,
            creationTimestamp: new Date(seconds * 1000),
            labels: { ...labels },
          })),
        )
      }),
      { numRuns: 50 },
    )
  }).timeout(20_000)

  it('shares the labels of neighbours that have the same, and of nobody else', () => {
    const labelled = (...labels: Buffer[]) => item(field(1, 'p'), ...labels, field(12, 'note'))
    const app = label('app', 'web')
    const read = readPartialList(
      list(
        labelled(app),
        labelled(app),
        labelled(),
        labelled(app),
        labelled(label('app', 'wet')),
        labelled(app, app),
      ),
    )
    const labels = read.items.map(({ metadata }) => metadata.labels)
    const web = { app: 'web' }
    expect(labels).to.deep.equal([web, web, {}, web, { app: 'wet' }, web])
    expect(labels[1]).to.equal(labels[0])
  })

  it('is refused wherever it is cut off, and where it is something else', () => {
    const whole = list(
      field(1, field(2, '7')),
      item(field(1, 'a'), field(3, 'b'), label('k', 'v')),
      item(field(1, 'c')),
    )
    for (const broken of [Buffer.from('{"items":[]}'), Buffer.alloc(0), Buffer.from('k8s\0\x12\xff\xff')])
      expect(() => readPartialList(broken)).to.throw(CodedError)
    const cuts = Array.from({ length: whole.length - 8 }, (_, i) => whole.subarray(0, 4 + i))
    for (const cut of cuts) {
      // A cut between two fields of the envelope is a list of nothing.
      const items = readable(cut)
      expect(items ?? 0, `cut to ${cut.length} bytes`).to.equal(0)
    }
  })

  describe('from an API server', () => {
    let plane: ControlPlane
    let client: KubeClient
    const count = 1_234
    before(async () => {
      plane = await startControlPlane()
      client = createKubeClient(await loadKubeConfig(plane.kubeconfigPath))
      for (let i = 0; i < count; i++) {
        const metadata = { name: `pod-${i}`, namespace: `ns-${i % 7}`, labels: { app: `ü-${i % 3}` } }
        plane.apiserver.sink.apply({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { ...metadata, annotations: { note: 'x'.repeat(i % 400) } },
          status: { phase: 'Running' },
        })
      }
    })
    after(async () => {
      await client.close()
      await plane.close()
    })

    async function follow(accept: string) {
      const seen = new Map<string, unknown>()
      const reflector = createReflector({
        client,
        clock: realClock,
        log: silentLog,
        path: '/api/v1/pods',
        accept: { list: accept, watch: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' },
        handler: {
          upsert({ metadata }) {
            const { name, namespace, uid, creationTimestamp, labels } = metadata
            const created = new Date(creationTimestamp as string | Date)
            seen.set(`${namespace}/${name}`, { uid, created, labels })
          },
          remove: (namespace, name) => void seen.delete(`${namespace}/${name}`),
          listing() {},
          listed() {},
        },
      })
      const stop = reflector.start()
      while (!reflector.synced()) await new Promise((resolve) => setTimeout(resolve, 5))
      stop()
      return seen
    }

    it('is the same in protobuf, page by page, as in JSON', async () => {
      const { body } = await client.request('GET', '/api/v1/pods?limit=2', { accept: partialListAccept })
      expect(Buffer.isBuffer(body), 'the answer is protobuf').to.equal(true)
      const [json, protobuf] = [
        await follow('application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'),
        await follow(partialListAccept),
      ]
      expect(json.size).to.equal(count)
      expect([...protobuf]).to.deep.equal([...json])
    })
  })
})

function readable(bytes: Buffer): number | undefined {
  try {
    return readPartialList(bytes).items.length
  } catch (error) {
    if (error instanceof CodedError) return undefined
    throw error
  }
}

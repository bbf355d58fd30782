import { expect } from 'chai'
import fc from 'fast-check'
import { load } from 'js-yaml'
import { type Form, listPieces, objectBody } from '../../src/render/render-list.ts'
import type { Media } from '../../src/request/negotiate.ts'
import type { NodeItem, PodItem } from '../../src/view/item.ts'
import { bytesOf } from '../../src/view/slabs.ts'
import { fieldsOf, listOf, opened } from '../../testing/protobuf-decoder.ts'
import { fragment } from '../answering.ts'
import { model } from '../model.ts'
import { nodeItems, podItems } from './arbitrary-items.ts'

const medias: Media[] = [
  { encoding: 'json', pretty: false },
  { encoding: 'json', pretty: true },
  { encoding: 'yaml', pretty: false },
]
const read = ({ encoding }: Media, body: Buffer) =>
  encoding === 'yaml' ? load(String(body)) : JSON.parse(String(body))
const bodyOf = (form: Form, items: Parameters<typeof listPieces>[1], meta = {}) =>
  Buffer.concat([...listPieces(form, items, meta)])
const partial = (version: string, { metadata }: Record<string, unknown>) => {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata }
}
const meta = { continue: 'token', remainingItemCount: 3 }

const fragmentsOf = (items: readonly (PodItem | NodeItem)[], media: Media) =>
  items.map((item) => fragment(item, media))

describe('a list', () => {
  it('says the same in every layout, whole and of nothing', () => {
    fc.assert(
      fc.property(fc.array(podItems, { maxLength: 4 }), (items) => {
        for (const media of medias) {
          const form: Form = { resource: 'pods', version: 'v1', media }
          expect(read(media, bodyOf(form, fragmentsOf(items, media), meta))).to.deep.equal({
            kind: 'PodMetricsList',
            apiVersion: 'metrics.k8s.io/v1',
            metadata: meta,
            items: items.map(model),
          })
        }
      }),
    )
  })

  it('of metadata only is that of its items, each with its kind, in every layout', () => {
    fc.assert(
      fc.property(
        fc.array(nodeItems, { maxLength: 4 }),
        fc.constantFrom('v1' as const, 'v1beta1' as const),
        (items, version) => {
          for (const layout of medias) {
            const media: Media = { ...layout, transform: { kind: 'PartialObjectMetadataList', version } }
            expect(
              read(
                media,
                bodyOf({ resource: 'nodes', version: 'v1', media }, fragmentsOf(items, media), meta),
              ),
            ).to.deep.equal({
              kind: 'PartialObjectMetadataList',
              apiVersion: `meta.k8s.io/${version}`,
              metadata: meta,
              items: items.map((item) => partial(version, model(item))),
            })
          }
        },
      ),
    )
  })

  it('of metadata only is the first field of each object in protobuf', () => {
    fc.assert(
      fc.property(fc.array(podItems, { maxLength: 4 }), (items) => {
        const media: Media = {
          encoding: 'protobuf',
          pretty: false,
          transform: { kind: 'PartialObjectMetadataList', version: 'v1' },
        }
        const form: Form = { resource: 'pods', version: 'v1', media }
        const { message, kind } = opened(bodyOf(form, fragmentsOf(items, media)))
        expect(kind).to.equal('PartialObjectMetadataList')
        const whole = opened(
          bodyOf({ ...form, media: { encoding: 'protobuf', pretty: false } }, fragmentsOf(items, media)),
        )
        const metadata = listOf(whole.message).items.map((item) => String(fieldsOf(item)[0]?.value))
        const partials = listOf(message).items.map(fieldsOf)
        expect(partials.map((fields) => fields.map(({ number }) => number))).to.deep.equal(
          items.map(() => [1]),
        )
        expect(partials.map(([field]) => String(field?.value))).to.deep.equal(metadata)
      }),
    )
  })

  it('of one object in every layout is that object with kind and version', () => {
    fc.assert(
      fc.property(podItems, (item) => {
        for (const media of medias) {
          const body = objectBody({ resource: 'pods', version: 'v1beta1', media }, fragment(item, media))
          const type = { kind: 'PodMetrics', apiVersion: 'metrics.k8s.io/v1beta1' }
          expect(read(media, body)).to.deep.equal({ ...type, ...model(item) })
        }
      }),
    )
  })

  it('gives kept JSON and protobuf out as it is, copying nothing', () => {
    for (const encoding of ['json', 'protobuf'] as const) {
      const form: Form = { resource: 'pods', version: 'v1', media: { encoding, pretty: false } }
      const items = fragmentsOf(fc.sample(podItems, 3), form.media)
      const pieces = [...listPieces(form, items)]
      for (const item of items) {
        const { buffer, byteOffset } = bytesOf(item)
        expect(pieces.some((piece) => piece.buffer === buffer && piece.byteOffset === byteOffset)).to.equal(
          true,
        )
      }
    }
  })
})

import { expect } from 'chai'
import fc from 'fast-check'
import { encodeBody, maxTextBytes } from '../../src/record/record-json.ts'
import { parseRecord, type StoredRecord } from '../../src/record/record-parse.ts'
import { pack, unpack } from '../../testing/record-objects.ts'
import { body } from '../store/store-builders.ts'
import { bodies, withoutBases } from './bodies.ts'

const atMs = 1_700_000_000_123
const header = {
  at: String(atMs + 15_000),
  by: 'a',
  took: '12',
  uid: 'u',
  created: '1690000000000',
  ver: '7',
}
const stored: StoredRecord & { points: string; usage: string } = {
  ...header,
  ...encodeBody(pack(body(atMs)), atMs),
}

function reasonOf(change: Partial<Record<keyof StoredRecord, unknown>>): string {
  const parsed = parseRecord('n', { ...stored, ...change } as StoredRecord)
  return parsed.ok ? 'none' : parsed.reason
}

describe('the JSON form of a record', () => {
  it('gives back what went in, and to a follower the same without bases', () =>
    fc.assert(
      fc.property(bodies(atMs), (given) => {
        const { usage, points } = encodeBody(pack(given), atMs)
        const whole = parseRecord('n', { ...header, usage, points })
        const followed = parseRecord('n', { ...header, usage })
        expect(whole.ok && unpack(whole.value.body)).to.deep.equal(given)
        expect(followed.ok && unpack(followed.value.body)).to.deep.equal(withoutBases(given))
      }),
    ))

  it('is written as its documentation says', () => {
    const { usage, points } = encodeBody(pack(body(atMs, 5)), atMs)
    expect(usage).to.equal(
      '{"v":1,"at":1700000000123,"node":[[5,1073741824,-1234,15001]],' +
        '"pods":[["ns","p",[["app",[5,1073741824,-1234,15001],-86400000]]]]}',
    )
    expect(points).to.equal(
      '{"v":1,"at":1700000000123,"node":["1152921504606846981",-1234,0],' +
        '"pods":[[["1152921504606846981",-1234,0]]]}',
    )
  })

  it('keeps its meaning when a commit without news moves the record on', () => {
    const parsed = parseRecord('n', stored)
    expect(parsed.ok && parsed.value.atMs).to.equal(atMs + 15_000)
    expect(parsed.ok && unpack(parsed.value.body)).to.deep.equal(body(atMs))
  })

  it('says why a field cannot be read', () => {
    expect(reasonOf({})).to.equal('none')
    expect(reasonOf({ at: 'soon' })).to.equal('at is not a whole number')
    expect(reasonOf({ at: null })).to.equal('at is missing')
    expect(reasonOf({ took: '-1' })).to.equal('took is not a whole number')
    expect(reasonOf({ ver: '9007199254740993' })).to.match(/^ver is not a whole number from 0/)
    expect(reasonOf({ ver: '0' })).to.equal('ver is 0')
    expect(reasonOf({ uid: null })).to.equal('uid is missing')
    expect(reasonOf({ usage: null })).to.equal('usage is missing')
    expect(reasonOf({ points: null })).to.equal('points is missing')
  })

  it('says why a text cannot be read', () => {
    expect(reasonOf({ usage: stored.usage.slice(0, -5) })).to.equal('usage is not JSON')
    expect(reasonOf({ usage: '[1]' })).to.equal('usage is of another format version')
    expect(reasonOf({ usage: 'null' })).to.equal('usage is not an object')
    expect(reasonOf({ usage: stored.usage.replace('"v":1', '"v":2') })).to.equal(
      'usage is of another format version',
    )
    expect(reasonOf({ usage: ' '.repeat(maxTextBytes + 1) })).to.equal('usage is too long')
    expect(reasonOf({ points: 123_456_789 })).to.equal('points is too long')
    expect(reasonOf({ usage: '['.repeat(1_000_000) })).to.equal('usage is not JSON')
  })

  it('is read of a later release that says so, whatever that has added', () => {
    const later = (text: string, head = '"v":2,"readable":1') => {
      const json = JSON.parse(text.replace('"v":1', head)) as { node: unknown[]; pods: unknown[][] }
      json.node.push(null, 'more')
      return JSON.stringify({ ...json, more: {} })
    }
    const [usage, points] = [later(stored.usage), later(stored.points)]
    const parsed = parseRecord('n', { ...stored, usage, points })
    expect(parsed.ok && unpack(parsed.value.body)).to.deep.equal(body(atMs))
    for (const head of [
      '"v":2',
      '"v":3,"readable":2',
      '"v":"2","readable":1',
      '"v":2,"readable":"1"',
      '"v":0,"readable":0',
    ]) {
      expect(reasonOf({ usage: later(stored.usage, head) }), head).to.match(/another format version/)
    }
  })

  it('refuses numbers that no kubelet gives', () => {
    const cpu = (text: string) => reasonOf({ usage: stored.usage.replace('[[1,', `[[${text},`) })
    for (const text of ['-1', '1.5', '1e300', '9007199254740992', '"1"', 'null', '{}']) {
      expect(cpu(text), text).to.match(/^cpu is not a whole number/)
    }
    expect(reasonOf({ usage: stored.usage.replace('15001]]', '0]]') })).to.equal('window is 0')
    expect(reasonOf({ usage: stored.usage.replace('-1234', '"x"') })).to.equal('timestamp is not a number')
    expect(reasonOf({ usage: stored.usage.replace('-1234', '-1e13') })).to.match(/^timestamp is not a whole/)
    // What no client could be told: it would cost the whole list.
    expect(reasonOf({ usage: stored.usage.replace('-1234', '8.7e15') })).to.equal(
      'timestamp is later than a date can be',
    )
    expect(reasonOf({ usage: stored.usage.replace('15001]]', '9.3e12]]') })).to.equal(
      'window is longer than 292 years',
    )
  })

  it('refuses points that do not run parallel to usage', () => {
    const points = (replaced: string, by: string) => reasonOf({ points: stored.points.replace(replaced, by) })
    expect(points('"at":17', '"at":16')).to.equal('points and usage are not of one scrape')
    expect(points('"pods":[[[', '"pods":[[],[[')).to.equal('points and usage differ in length')
    expect(points('"pods":[[[', '"pods":[[0,[')).to.equal('points and usage differ in length')
    expect(points('"node":[', '"other":[')).to.equal('point is not a list')
    expect(points('"1152921504606846977"', '"-5"')).to.equal('cpuNs is not a decimal text')
    expect(points('"1152921504606846977"', `"${'9'.repeat(1000)}"`)).to.equal('cpuNs is not a decimal text')
  })

  it('never throws, whatever is put in the place of any part of it', () => {
    const anything = fc.oneof(
      fc.json(),
      fc.string(),
      fc.constantFrom(stored.usage, stored.points, '[]', '{"v":1}'),
    )
    fc.assert(
      fc.property(anything, anything, (usage, points) => {
        const parsed = parseRecord('n', { ...stored, usage, points })
        expect(parsed).to.have.property('ok')
      }),
    )
    fc.assert(
      fc.property(fc.nat(stored.usage.length - 1), fc.string({ maxLength: 3 }), (at, put) => {
        const usage = stored.usage.slice(0, at) + put + stored.usage.slice(at + 1)
        expect(parseRecord('n', { ...stored, usage })).to.have.property('ok')
      }),
    )
  })
})

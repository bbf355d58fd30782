import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { decode } from '../../src/decode/decode.ts'
import { noLayout } from '../../src/decode/decode-layout.ts'
import { decodeObjects } from './decode-objects.ts'
import { inventedNumbers } from './decode-oracle.ts'

const RECEIVED_MS = 1_700_000_000_000
const vectors = new URL('../vectors/', import.meta.url)
const payloads = readdirSync(vectors)
  .filter((name) => name.endsWith('.prom'))
  .map((name) => readFileSync(new URL(name, vectors)))
/** What a decoder might trip over, put into the middle of things. */
const snippets = [
  '\n',
  '\r',
  '"',
  '\\',
  '{',
  '}',
  ',',
  '=',
  ' ',
  '#',
  '-',
  '+',
  '.',
  'e',
  'E+',
  'NaN',
  '9',
  '\0',
]

/** Decodes `cases` answers, one in eight random and the others mutated from real ones. A failure names its seed. */
export function fuzzDecode(cases: number, seed: number): void {
  const random = generator(seed)
  let lastLayout = noLayout
  for (let index = 0; index < cases; index++) {
    const body = index % 8 === 0 ? randomBytes(random) : mutate(pick(payloads, random), random)
    const hint = `seed ${seed}, case ${index}: ${JSON.stringify(body.toString('latin1'))}`
    const startedMs = performance.now()
    const decoded = decodeObjects(body, RECEIVED_MS)
    expect(performance.now() - startedMs, hint).to.be.below(500)
    expect(decoded.malformedLines, hint).to.be.at.most(body.toString('latin1').split('\n').length)
    const invented = inventedNumbers(body.toString('latin1'), decoded.sample, RECEIVED_MS)
    expect(invented, hint).to.deep.equal([])
    const { layout } = decode(pick(payloads, random), RECEIVED_MS, lastLayout)
    expect(decodeObjects(body, RECEIVED_MS, layout), hint).to.deep.equal(decoded)
    expect(decodeObjects(body, RECEIVED_MS, lastLayout), hint).to.deep.equal(decoded)
    lastLayout = decode(body, RECEIVED_MS, layout).layout
  }
}

type Random = (below: number) => number

/** Mulberry32. */
function generator(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

function pick<T>(list: T[], random: Random): T {
  return list[random(list.length)] as T
}

function randomBytes(random: Random): Buffer {
  return Buffer.from(Array.from({ length: random(400) }, () => random(256)))
}

function mutate(payload: Buffer, random: Random): Buffer {
  let body: Buffer = Buffer.from(payload)
  for (let times = 1 + random(6); times > 0; times--) {
    const at = random(body.length + 1)
    const until = Math.min(body.length, at + random(60))
    const kind = random(5)
    if (kind === 0 && body.length > 0) body[Math.min(at, body.length - 1)] = random(256)
    else if (kind === 1) body = Buffer.concat([body.subarray(0, at), body.subarray(until)])
    else if (kind === 2) body = Buffer.concat([body.subarray(0, until), body.subarray(at)])
    else if (kind === 3)
      body = Buffer.concat([body.subarray(0, at), Buffer.from(pick(snippets, random)), body.subarray(at)])
    else if (random(4) === 0) body = body.subarray(0, at)
  }
  return body
}

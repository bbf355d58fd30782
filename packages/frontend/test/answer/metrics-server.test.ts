import { expect } from 'chai'
import { load } from 'js-yaml'
import { type Ask, answer } from '../answering.ts'
import { vectors } from '../vectors.ts'

type Golden = {
  bodies: string[]
  answers: (Ask & { name: string; code: number; reply: object; body: number })[]
}

/** Where we answer otherwise, and on purpose. */
const otherwise: Record<string, (name: string) => boolean> = {
  'an empty table has empty arrays, not nulls': (name) => name.startsWith('empty table'),
  'application/* and * are ranges of media types, and types have no case': (name) =>
    /^accept .* (application\/\*|\*|Application\/JSON)$/.test(name),
  'a continue token that is none is refused': (name) => name === 'query continue=abc',
  'paths outside the group are the routes’ business': (name) => name === 'other' || name === 'root unknown',
}

/** Lines of YAML may be folded in one of the two and not in the other. */
function comparable(body: string, isYaml: boolean): unknown {
  return isYaml ? load(body) : body
}

describe('the answers of metrics-server', () => {
  const { answers, bodies } = vectors<Golden>('metrics-server.golden.json')

  it('are ours, byte for byte, with code and headers', () => {
    let compared = 0
    for (const { name, code, reply, body, ...ask } of answers) {
      if (Object.values(otherwise).some((applies) => applies(name))) continue
      const ours = answer(ask)
      const isYaml = ours.headers['Content-Type'] === 'application/yaml'
      const theirs = bodies[body] as string
      const written = theirs.startsWith('hex:')
        ? `hex:${Buffer.from(ours.body).toString('hex')}`
        : String(ours.body)
      expect(ours.code, name).to.equal(code)
      expect(ours.headers, name).to.deep.equal(reply)
      expect(comparable(written, isYaml), name).to.deep.equal(comparable(theirs, isYaml))
      compared++
    }
    expect(compared).to.be.greaterThan(400)
  })

  it('in YAML are ours to the letter where no line is folded', () => {
    const short = answers
      .filter(({ headers }) => headers?.Accept?.startsWith('application/yaml'))
      .filter(({ code }) => code === 200)
    for (const { name, body, ...ask } of short) {
      if (!name.startsWith('empty table')) expect(String(answer(ask).body), name).to.equal(bodies[body])
    }
    expect(short.length).to.be.greaterThan(20)
  })
})

import { createFakeClock } from '@metrics-ring/common/testing/fake-clock'
import type { ServingPair } from '@metrics-ring/common/tls'
import { expect } from 'chai'
import { followPair } from '../../src/serving/serving-certificate.ts'

const pair = (name: string): ServingPair => ({ cert: `cert ${name}`, key: `key ${name}` })

describe('following the serving certificate', () => {
  it('takes up a new pair within ten seconds, keeps the old one while the files are broken or half replaced', async () => {
    const clock = createFakeClock()
    let files: ServingPair | Error = pair('1')
    const used: ServingPair[] = []
    const errors: unknown[] = []
    const stop = followPair({
      clock,
      async read() {
        if (files instanceof Error) throw files
        return files
      },
      current: pair('1'),
      onChange(changed) {
        if (changed.cert.at(-1) !== changed.key.at(-1)) throw new Error('key does not fit')
        used.push(changed)
      },
      onError: (error) => void errors.push(error),
    })
    await clock.advance(20_000)
    expect(used).to.deep.equal([])
    files = new Error('unreadable')
    await clock.advance(10_000)
    expect(errors).to.have.length(1)
    files = { ...pair('1'), cert: 'cert 2' }
    await clock.advance(10_000)
    expect(errors).to.have.length(2)
    files = pair('2')
    await clock.advance(10_000)
    expect(used).to.deep.equal([pair('2')])
    await clock.advance(30_000)
    expect(used).to.have.length(1)
    stop()
  })
})

import { expect } from 'chai'
import { latencyRow, median, percentile, row, table } from '../rows.ts'

describe('a row of a benchmark', () => {
  it('passes when it reaches its target, and says neither where it has none', () => {
    expect(row('a', 0.1234567, 'ms', { is: '<=', value: 0.15 })).to.deep.equal({
      name: 'a',
      value: 0.1235,
      unit: 'ms',
      target: '<= 0.15',
      pass: true,
    })
    expect(row('a', 0.2, 'ms', { is: '<=', value: 0.15 }).pass).to.equal(false)
    expect(row('a', 1, '', { is: '=', value: 1 }).pass).to.equal(true)
    expect(row('a', 0.9, '', { is: '>=', value: 1 }).pass).to.equal(false)
    expect(row('a', 1, 'ms')).to.deep.include({ target: null, pass: null })
  })

  it('that was not measured says so and never passes', () => {
    for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(row('a', value, 'ms', { is: '>=', value: 0 })).to.include({ value: 'not measured', pass: false })
      expect(latencyRow('a', value, 'ms', 1, { is: '>=', value: 0 })).to.include({ pass: false })
    }
  })

  it('of a latency is invalid on a machine with less than 20 % idle CPU, and then never passes', () => {
    expect(latencyRow('a', 5, 'ms', 0.2, { is: '<=', value: 9 })).to.include({ value: 5, pass: true })
    expect(latencyRow('a', 5, 'ms', 0.19, { is: '<=', value: 9 })).to.include({
      value: 'invalid',
      pass: false,
    })
  })

  it('stands in a table', () => {
    const rows = [row('first', 12, 'ms', { is: '<=', value: 9 }), row('the second', 1, 'MiB')]
    expect(table(rows).split('\n')).to.deep.equal([
      '            value  unit  target',
      'first          12  ms    <= 9    FAIL',
      'the second      1  MiB',
    ])
  })

  it('may be a percentile', () => {
    expect(percentile([3, 1, 2], 0.5)).to.equal(2)
    expect(percentile([], 0.5)).to.equal(undefined)
  })

  it('may be a median, of an even number between the two in the middle', () => {
    expect(median([3, 1, undefined, 2])).to.equal(2)
    expect(median([4, 1, 2, 3])).to.equal(2.5)
    expect(median([])).to.equal(undefined)
  })
})

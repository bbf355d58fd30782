import { expect } from 'chai'
import { createLifecycle } from '../src/lifecycle.ts'

describe('a lifecycle', () => {
  it('stops in reverse, once, whatever fails', async () => {
    const told: unknown[] = []
    const lifecycle = createLifecycle((error) => told.push(String(error)))
    lifecycle.add(() => void told.push('first'))
    lifecycle.add(async () => {
      throw new Error('second failed')
    })
    lifecycle.add(() => void told.push('third'))
    await Promise.all([lifecycle.stop(), lifecycle.stop()])
    expect(told).to.deep.equal(['third', 'Error: second failed', 'first'])
  })

  it('stops at once what has started only while or after everything was stopped', async () => {
    const told: string[] = []
    const lifecycle = createLifecycle((error) => told.push(String(error)))
    await lifecycle.stop()
    lifecycle.add(() => void told.push('late'))
    await lifecycle.stop()
    lifecycle.add(async () => {
      throw new Error('too late')
    })
    await lifecycle.stop()
    expect(told).to.deep.equal(['late', 'Error: too late'])
  })
})

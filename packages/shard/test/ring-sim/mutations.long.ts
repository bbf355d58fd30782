import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { type Mutation, mutations } from './mutations.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js')
const hook = new URL('./mutate.ts', import.meta.url).href

/** Runs the one test, with the rule switched off or not. */
function runTest(
  { rule, testFile, test }: Mutation,
  off: boolean,
): Promise<{ code: number | null; output: string }> {
  const preload = off ? ['--import', hook] : []
  const args = [...preload, mocha, '--no-config', '--exit', '--timeout', '60000', '--fgrep', test, testFile]
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, MUTATE_RULE: rule } })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })))
}

describe('without the rule of', () => {
  for (const mutation of mutations) {
    it(`${mutation.rule}, "${mutation.test}" fails, and with it passes`, async () => {
      const whole = await runTest(mutation, false)
      expect(whole.output).to.match(/[1-9]\d* passing/)
      expect(whole.code, whole.output).to.equal(0)
      const without = await runTest(mutation, true)
      expect(without.output).to.match(/[1-9]\d* failing/)
    }).timeout(120_000)
  }
})

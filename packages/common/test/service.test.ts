import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const module = fileURLToPath(new URL('../src/service.ts', import.meta.url))

/** A service whose start and stop say when they are reached. */
function program(start: string): string {
  return `
    import { runService } from ${JSON.stringify(module)}
    const config = { verbosity: 0, ignored: [], files: [] }
    await runService({
      name: 'test', summary: '', flags: {},
      read: () => ({ config, faults: [], show: undefined }),
      start: async () => { process.stdout.write('starting\\n'); ${start} },
    })`
}

const forEver = 'await new Promise((resolve) => setTimeout(resolve, 600_000))'

describe('a service', () => {
  let child: ChildProcess
  let said = ''
  function run(start: string) {
    said = ''
    child = spawn(process.execPath, ['--input-type=module', '--eval', program(start)])
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        said += chunk
        child.emit('said')
      })
    }
  }
  async function says(text: string) {
    while (!said.includes(text)) await once(child, 'said')
  }
  afterEach(() => void child.kill('SIGKILL'))

  it('stops in good order on a signal', async () => {
    run(`setInterval(() => {}, 1_000); return async () => { process.stdout.write('in good order') }`)
    await says('"started"')
    child.kill('SIGTERM')
    expect(await once(child, 'close')).to.deep.equal([0, null])
    expect(said).to.include('in good order')
  })

  // Nobody but the process itself can end the first one of a container by SIGTERM.
  it('takes a signal also while it starts, which may take long', async () => {
    run(forEver)
    await says('starting')
    child.kill('SIGTERM')
    expect(await once(child, 'close')).to.deep.equal([0, null])
  })

  it('that cannot start says why, and ends with 1', async () => {
    run(`throw new Error('no port')`)
    expect(await once(child, 'close')).to.deep.equal([1, null])
    expect(said).to.include('no port')
  })
})

import { execFile } from 'node:child_process'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { layOut } from '../../scripts/image-layout.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
/** The base image is about 25 MB (Debian's C and C++ libraries, certificates, time zones). */
const mostBytes = 200e6 - 25e6

describe('what the image contains', function () {
  this.timeout(30_000)
  let image: string
  before(() => {
    image = join(mkdtempSync(join(tmpdir(), 'metrics-ring-image-')), 'image')
    layOut(image)
  })
  after(() => rmSync(join(image, '..'), { recursive: true, force: true }))

  it('is small', () => {
    const files = readdirSync(image, { recursive: true, encoding: 'utf8' })
    const bytes = files.reduce((sum, file) => sum + lstatSync(join(image, file)).size, 0)
    console.log(`      ${Math.round(bytes / 1e6)} MB in ${files.length} files`)
    expect(bytes).to.be.below(mostBytes)
  })

  it('runs with nothing but itself', async () => {
    const line = [join(image, 'packages/cli/src/main.ts')]
    for (const args of ['version', 'shard --help', 'frontend --help', 'standalone --help', 'doctor --help']) {
      const options = { env: {}, cwd: '/' }
      const { stdout } = await promisify(execFile)(
        join(image, 'bin/node'),
        [...line, ...args.split(' ')],
        options,
      )
      expect(stdout).to.match(args === 'version' ? /^metrics-ring \d/ : /Usage: metrics-ring/)
    }
  })

  it('has every file that the status page loads, also those of libraries', async () => {
    const assets = JSON.stringify(join(image, 'packages/frontend/src/admin/assets.ts'))
    const list = `import(${assets}).then(({ readAssets }) => console.log([...readAssets().keys()].join()))`
    const options = { env: {}, cwd: '/' }
    const { stdout } = await promisify(execFile)(join(image, 'bin/node'), ['-e', list], options)
    expect(stdout.trim().split(',')).to.include.members([
      ...['/ring', '/ring/main.js', '/ring/page.css', '/ring/lib/uplot.js', '/ring/lib/uplot.css'],
      ...['/ring/lib/d3-path.js', '/ring/lib/d3-shape.js'],
    ])
  })

  it('has no development dependency, no simulated cluster and no test, and a list of what it has', () => {
    const bill = JSON.parse(readFileSync(join(image, 'sbom.cdx.json'), 'utf8')) as {
      components: { name: string; version: string; purl: string }[]
    }
    const names = bill.components.map(({ name }) => name)
    expect(names).to.include.members(['node', 'undici', 'ioredis', 'koa', 'pino'])
    const { devDependencies } = JSON.parse(read('package.json')) as {
      devDependencies: Record<string, string>
    }
    const unwanted = Object.keys(devDependencies).filter((name) => name !== 'node')
    expect(names).to.not.include.members(unwanted)
    expect(readdirSync(join(image, 'packages')).sort()).to.deep.equal(['cli', 'common', 'frontend', 'shard'])
    const tests = readdirSync(image, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.test\.ts$/.test(file),
    )
    expect(tests).to.deep.equal([])
  })

  it('is built with the Node that the tests run on', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as {
      devDependencies: Record<string, string>
    }
    expect(read('Dockerfile')).to.include(`ARG NODE_VERSION=${devDependencies.node}\n`)
  })
})

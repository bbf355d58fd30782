/**
 * Lays out what the image contains, in a folder: Node, our packages and the libraries that they need at run time, and
 * a list of them all (CycloneDX). Nothing is downloaded: it is what `npm ci` has installed.
 *
 *   node scripts/image-layout.ts <folder>
 *
 * The simulated cluster is not part of it, and so `metrics-ring demo` is not.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

type Locked = {
  name?: string
  version?: string
  license?: string
  integrity?: string
  link?: boolean
  resolved?: string
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}
type Lock = Record<string, Locked>

const root = fileURLToPath(new URL('..', import.meta.url))
const entry = 'packages/cli'
const left = new Set(['packages/sim'])
/** Of no use to a running process. */
const needless =
  /(\.(md|map|markdown)|\.d\.[cm]?ts|(^|\/)(test|tests|testing|docs|example|examples|benchmark|\.github))$/i

/** Every folder that the command needs, as the lock file names them. */
export function productionPackages(lock: Lock): string[] {
  const needed = new Set<string>()
  const visit = (path: string) => {
    const locked = lock[path]
    if (!locked || needed.has(path)) return
    if (locked.link) {
      const target = locked.resolved ?? ''
      if (left.has(target)) return
      needed.add(path)
      return visit(target)
    }
    needed.add(path)
    const names = Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })
    for (const name of names) visit(resolvePackage(lock, path, name))
  }
  visit(entry)
  return [...needed].sort()
}

/** Where a package finds another one: the nearest node_modules upwards. */
function resolvePackage(lock: Lock, from: string, name: string): string {
  const levels = `${from}/`.split('node_modules/')
  for (let depth = levels.length; depth > 0; depth--) {
    const path = `${levels.slice(0, depth).join('node_modules/')}node_modules/${name}`
    if (lock[path]) return path
  }
  return `node_modules/${name}`
}

/** Makes the folder, or makes it anew. */
export function layOut(target: string): string[] {
  const lock = (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Lock })
    .packages
  // Optional ones are missing where their platform is another.
  const packages = productionPackages(lock).filter((path) => existsSync(join(root, path)))
  rmSync(target, { recursive: true, force: true })
  for (const path of packages) {
    const to = join(target, path)
    mkdirSync(dirname(to), { recursive: true })
    const { link, resolved = '' } = lock[path] ?? {}
    if (link) symlinkSync(join('../..', resolved), to)
    else copyPackage(join(root, path), to)
  }
  cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'))
  const node = join(target, 'bin', 'node')
  mkdirSync(dirname(node), { recursive: true })
  cpSync(process.execPath, node, { dereference: true })
  chmodSync(node, 0o755)
  writeFileSync(
    join(target, 'sbom.cdx.json'),
    `${JSON.stringify(billOfMaterials(lock, packages), undefined, 2)}\n`,
  )
  return packages
}

function copyPackage(from: string, to: string): void {
  cpSync(from, to, {
    recursive: true,
    dereference: true,
    filter: (source) => {
      const path = source.slice(from.length + 1)
      return !needless.test(path) && basename(path) !== 'node_modules'
    },
  })
}

function billOfMaterials(lock: Lock, packages: readonly string[]) {
  const libraries = packages
    .filter((path) => path.startsWith('node_modules/') && !lock[path]?.link)
    .map((path) => {
      const { version = '', license } = lock[path] ?? {}
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
      return component('library', name, version, `pkg:npm/${name.replace('@', '%40')}@${version}`, license)
    })
  const { version = '' } = lock[entry] ?? {}
  const node = process.versions.node
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: component('application', 'metrics-ring', version, `pkg:generic/metrics-ring@${version}`),
    },
    components: [component('platform', 'node', node, `pkg:generic/node@${node}`, 'MIT'), ...libraries],
  }
}

function component(type: string, name: string, version: string, purl: string, license?: string) {
  return {
    type,
    'bom-ref': purl,
    name,
    version,
    purl,
    ...(license && { licenses: [{ expression: license }] }),
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const target = resolve(process.argv[2] ?? 'dist/image')
  if (existsSync(target) && !existsSync(join(target, 'sbom.cdx.json'))) {
    console.error(`${target} is there and is no image layout: give another folder`)
    process.exit(2)
  }
  const packages = layOut(target)
  console.log(`${target}: Node ${process.versions.node} and ${packages.length} packages`)
}

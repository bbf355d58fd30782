import { execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { type BundledRelease, bundledTool } from '@metrics-ring/sim/kubectl'

export type KubectlResult = { code: number; stdout: string; stderr: string }
/** Runs a real kubectl to its end. */
export type Kubectl = (...args: string[]) => Promise<KubectlResult>

export type KubectlOptions = {
  kubeconfig: string
  /** Discovery is cached here: fresh for each cluster. */
  cacheDir: string
  release?: BundledRelease
}

const mostMs = 60_000

export async function createKubectl({
  kubeconfig,
  cacheDir,
  release = 'v35',
}: KubectlOptions): Promise<Kubectl> {
  const path = await bundledTool('kubectl', release)
  const env = { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(cacheDir, release) }
  return (...args) =>
    new Promise((resolve) => {
      execFile(path, args, { env, maxBuffer: 2 ** 28, timeout: mostMs }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
        resolve({ code, stdout, stderr })
      })
    })
}

/** The API server on a loopback port, authenticated as the kubeconfig says: for requests that kubectl cannot make. */
export type Proxy = { url: string; stop(): Promise<void> }

export async function startProxy({
  kubeconfig,
  release = 'v35',
}: Omit<KubectlOptions, 'cacheDir'>): Promise<Proxy> {
  const path = await bundledTool('kubectl', release)
  const args = ['proxy', '--port=0', '--address=127.0.0.1', `--kubeconfig=${kubeconfig}`]
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => reject(new Error('kubectl proxy ended')))
    child.stdout.on('data', (chunk: Buffer) => {
      const [, address] = /Starting to serve on (\S+)/.exec(chunk.toString()) ?? []
      if (address !== undefined) resolve(`http://${address}`)
    })
  })
  return {
    url,
    async stop() {
      child.kill()
      await exited
    },
  }
}

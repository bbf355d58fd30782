import { execFile } from 'node:child_process'
import { findKubectl } from '@metrics-ring/sim/kubectl'

/** Runs the real kubectl; `ok` false when it exits with an error, whose text is in `stderr`. */
export type Kubectl = (...args: string[]) => Promise<{ ok: boolean; stdout: string; stderr: string }>

export async function createKubectl(kubeconfig: string): Promise<Kubectl> {
  const path = await findKubectl()
  const env = { ...process.env, KUBECONFIG: kubeconfig }
  return (...args) =>
    new Promise((resolve) => {
      execFile(path, args, { env, maxBuffer: 2 ** 28 }, (error, stdout, stderr) =>
        resolve({ ok: error === null, stdout, stderr }),
      )
    })
}

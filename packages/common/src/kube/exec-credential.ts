import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { CodedError, errorText } from '../errors.ts'

/** `user.exec` of a kubeconfig, as far as it is read. */
export type ExecUser = {
  command: string
  args?: string[]
  env?: { name: string; value: string }[]
  apiVersion?: string
  installHint?: string
}

/** What the command gave: a token, or a client certificate and its key, PEM. */
export type ExecCredential = {
  token?: string
  clientCertificateData?: string
  clientKeyData?: string
  expirationTimestamp?: string
}

const run = promisify(execFile)
const longestMs = 30_000
/** Asked again so long before it expires, milliseconds. */
const earlyMs = 10_000

/**
 * Runs the command of a kubeconfig for credentials (client-go's exec plugins), once until they expire. Rejects with a
 * CodedError `bad_kubeconfig` that says what went wrong, without what the command printed: it may be a secret.
 */
export function createExecCredential(user: ExecUser, env = process.env): () => Promise<ExecCredential> {
  const { command, args = [], apiVersion = 'client.authentication.k8s.io/v1', installHint = '' } = user
  const own = Object.fromEntries((user.env ?? []).map(({ name, value }) => [name, value]))
  const info = { kind: 'ExecCredential', apiVersion, spec: { interactive: false } }
  const all = { ...env, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) }
  let kept: Promise<ExecCredential> | undefined
  let untilMs = 0

  async function ask(): Promise<ExecCredential> {
    const { stdout } = await run(command, args, { env: all, timeout: longestMs }).catch((error) => {
      const why = `${errorText(error).split('\n')[0]}${installHint && `: ${installHint}`}`
      throw new CodedError('bad_kubeconfig', `${command} gives no credentials: ${why}`)
    })
    const status = statusOf(stdout)
    if (!status) throw new CodedError('bad_kubeconfig', `${command} gives no ExecCredential`)
    untilMs = status.expirationTimestamp ? Date.parse(status.expirationTimestamp) - earlyMs : Infinity
    return status
  }

  return () => {
    if (!kept || Date.now() >= untilMs) {
      untilMs = Infinity
      kept = ask().catch((error) => {
        kept = undefined
        throw error
      })
    }
    return kept
  }
}

function statusOf(text: string): ExecCredential | undefined {
  try {
    return (JSON.parse(text) as { status?: ExecCredential }).status
  } catch {
    return undefined
  }
}

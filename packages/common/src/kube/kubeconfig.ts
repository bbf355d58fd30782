import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { load } from 'js-yaml'
import { CodedError, errorText } from '../errors.ts'
import { createExecCredential, type ExecUser } from './exec-credential.ts'
import { createReread } from './reread.ts'

/** How to reach and trust the API server, and who to be there. */
export type KubeAccess = {
  /** Base URL without a trailing slash. */
  server: string
  tls: { ca?: string; cert?: string; key?: string; servername?: string; rejectUnauthorized?: boolean }
  /** The bearer token of now (files are re-read when they change); undefined: none is used. */
  token(): Promise<string | undefined>
  /** The texts of `tls` as they are now: certificates rotate while a process runs. Left out: they do not. */
  ca?: ReadPem
  cert?: ReadPem
  key?: ReadPem
}

/** Gives a PEM text as it is now: files are read again when they change. Undefined: there is none. */
export type ReadPem = () => Promise<string | undefined>

export type KubeConfig = KubeAccess & { ca: ReadPem; cert: ReadPem; key: ReadPem }

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * The API server of a kubeconfig's current context, or, without a path, of the cluster this process runs in.
 * Throws a CodedError `bad_kubeconfig` that names the file and what is wrong with it.
 */
export function loadKubeConfig(
  path: string | undefined,
  env = process.env,
  account = { directory: serviceAccount, mono: () => performance.now() },
): Promise<KubeConfig> {
  return path ? fromFile(path) : inCluster(env, account)
}

/** Where the files of the pod's service account are, and by which clock they are looked at again. */
type Account = { directory: string; mono: () => number }

async function inCluster(env: NodeJS.ProcessEnv, { directory, mono }: Account): Promise<KubeConfig> {
  const host = env.KUBERNETES_SERVICE_HOST
  if (!host) {
    throw new CodedError(
      'bad_kubeconfig',
      'not in a cluster (KUBERNETES_SERVICE_HOST is not set): give --kubeconfig',
    )
  }
  const address = host.includes(':') ? `[${host}]` : host
  const ca = pemFile(`${directory}/ca.crt`, mono)
  return {
    server: `https://${address}:${env.KUBERNETES_SERVICE_PORT ?? '443'}`,
    tls: await tlsOf({ ca, cert: none, key: none }),
    ca,
    cert: none,
    key: none,
    token: createReread(`${directory}/token`, (text) => text.trim(), mono),
  }
}

type Named = { name?: string } & Record<string, unknown>
type Entry = Record<string, unknown>

async function fromFile(path: string): Promise<KubeConfig> {
  const file = parse(path, await readText(path))
  const context = entry(path, file, 'contexts', 'context', text(file['current-context']))
  const cluster = entry(path, file, 'clusters', 'cluster', text(context.cluster))
  const user = context.user === undefined ? {} : entry(path, file, 'users', 'user', text(context.user))
  const server = text(cluster.server)
  if (!server) throw bad(path, 'the cluster has no server')
  const beside = (name: string) => resolve(dirname(path), name)
  const pem = (from: Entry, key: string): ReadPem => {
    const data = text(from[`${key}-data`])
    if (data) return async () => Buffer.from(data, 'base64').toString()
    const name = text(from[key])
    return name ? pemFile(beside(name)) : none
  }
  if (user['auth-provider'])
    throw bad(path, 'auth-provider credentials are not supported: use exec, a token or a client certificate')
  const ca = pem(cluster, 'certificate-authority')
  const exec = user.exec ? execOf(path, user.exec as Partial<ExecUser>, beside) : undefined
  const cert = exec ? async () => (await exec()).clientCertificateData : pem(user, 'client-certificate')
  const key = exec ? async () => (await exec()).clientKeyData : pem(user, 'client-key')
  const tls = await tlsOf({ ca, cert, key })
  if (cluster['insecure-skip-tls-verify'] === true) tls.rejectUnauthorized = false
  const servername = text(cluster['tls-server-name'])
  if (servername) tls.servername = servername
  return {
    server: server.replace(/\/$/, ''),
    tls,
    ca,
    cert,
    key,
    token: exec ? async () => (await exec()).token : tokenOf(user, beside),
  }
}

/** As in client-go, a command with a slash is beside the kubeconfig, any other in PATH. */
function execOf(path: string, exec: Partial<ExecUser>, beside: (name: string) => string) {
  const { command } = exec
  if (!command) throw bad(path, 'exec has no command')
  return createExecCredential({ ...exec, command: command.includes('/') ? beside(command) : command })
}

function tokenOf(user: Entry, beside: (name: string) => string): () => Promise<string | undefined> {
  const tokenFile = text(user.tokenFile)
  if (tokenFile) return createReread(beside(tokenFile), (content) => content.trim())
  const token = text(user.token)
  return async () => token
}

function parse(path: string, content: string): Entry {
  let parsed: unknown
  try {
    parsed = load(content)
  } catch (error) {
    throw bad(path, `not YAML: ${errorText(error).split('\n')[0]}`)
  }
  if (typeof parsed !== 'object' || parsed === null) throw bad(path, 'not a kubeconfig')
  return parsed as Entry
}

function entry(path: string, file: Entry, list: string, kind: string, name: string | undefined): Entry {
  if (!name) throw bad(path, `no ${kind} is named`)
  const entries = Array.isArray(file[list]) ? (file[list] as Named[]) : []
  const found = entries.find((each) => each?.name === name)?.[kind]
  if (typeof found !== 'object' || found === null) throw bad(path, `${list} has no "${name}"`)
  return found as Entry
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function bad(path: string, what: string): CodedError {
  return new CodedError('bad_kubeconfig', `kubeconfig ${path}: ${what}`)
}

const none: ReadPem = async () => undefined

function pemFile(path: string, mono?: () => number): ReadPem {
  const read = createReread(path, (content) => content, mono)
  return async () => {
    try {
      return await read()
    } catch (error) {
      throw new CodedError('bad_kubeconfig', `cannot read ${path}: ${errorText(error)}`)
    }
  }
}

async function tlsOf({ ca, cert, key }: Pick<KubeConfig, 'ca' | 'cert' | 'key'>): Promise<KubeAccess['tls']> {
  const [caPem, certPem, keyPem] = await Promise.all([ca(), cert(), key()])
  return { ...(caPem && { ca: caPem }), ...(certPem && keyPem && { cert: certPem, key: keyPem }) }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new CodedError('bad_kubeconfig', `cannot read ${path}: ${errorText(error)}`)
  }
}

/**
 * Plays what a cluster does with our manifests once they are applied: it starts each Deployment's pods as processes
 * (args, env, ports, ServiceAccount and Secrets as the API server has them), probes them as the manifests say, and keeps
 * the endpoints of the Services that select them. A pod has an address of the loopback network of its own, so that
 * it can have the ports of its manifest.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, closeSync, openSync } from 'node:fs'
import { type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { resourceTypes } from '@metrics-ring/sim/apiserver/resources'
import type { Cluster } from '@metrics-ring/sim/cluster'
import {
  type Container,
  type DeploymentSpec,
  type Labels,
  type Manifest,
  matches,
  type PodSpec,
  type Probe,
  type ServiceSpec,
} from './objects.ts'

export type Pod = {
  name: string
  deployment: string
  /** As it was when the pod was started, as JSON. */
  template: string
  labels: Labels
  address: string
  container: Container
  process: ChildProcess
  ready: boolean
}

export type PlayedCluster = {
  pods(): readonly Pod[]
  /** Adds a pod that is no process of ours: another server that a Service may select. */
  addForeign(labels: Labels, address: string, container: Container): void
  /** Starts what is wanted and not there, waits until what replaces something is ready, and then ends that. */
  reconcile(): Promise<void>
  stop(): Promise<void>
}

/** What the processes get beyond their manifests: where the simulated cluster is, and a short interval. */
export type PlayedOptions = {
  cluster: Cluster
  dir: string
  intervalMs: number
  /** The folder that the image would be made of. */
  image: string
}

/** Makes everything read-only, for this process alone, and goes on as somebody else. */
const confine =
  'mount -o remount,bind,ro / && exec setpriv --reuid "$0" --regid "$0" --clear-groups --no-new-privs "$@"'

/** As the manifest says where we may: changing who one is, and what is mounted, is for root. */
function confined(line: string[], { securityContext = {} }: PodSpec): string[] {
  if (process.getuid?.() !== 0) return line
  const user = String(securityContext.runAsUser)
  return ['unshare', '--mount', 'sh', '-c', confine, user, ...line]
}
const network = `127.255.${Math.floor(Math.random() * 256)}`
let lastAddress = 0
const probeEveryMs = 200

type Foreign = { labels: Labels; address: string; container: Container; ready: boolean }

/** Of the Dockerfile. */
function entrypoint(image: string): string[] {
  return [join(image, 'bin/node'), join(image, 'packages/cli/src/main.ts')]
}

export function playCluster({ cluster, dir, intervalMs, image }: PlayedOptions): PlayedCluster {
  const pods: Pod[] = []
  const foreign: Foreign[] = []
  const { storage } = cluster.apiserver
  const stored = (kind: string): Manifest[] =>
    resourceTypes
      .filter((type) => type.kind === kind)
      .flatMap((type) => storage.list(type).map(({ object }) => object as unknown as Manifest))

  const named = (kind: string, name: string) => stored(kind).find(({ metadata }) => metadata.name === name)

  function secretValue(name: string, key: string): string {
    const value = named('Secret', name)?.data?.[key]
    if (value === undefined) throw new Error(`CreateContainerConfigError: Secret ${name} has no ${key}`)
    return resolveNames(Buffer.from(value, 'base64').toString())
  }
  /** Plays cluster DNS: the name of a Service in a URL becomes the address of a pod that it selects. */
  function resolveNames(url: string): string {
    return url.replace(/(?<=\/\/|@)[a-z0-9-]+(?=:)/, (host) => {
      const selector = (named('Service', host)?.spec as ServiceSpec | undefined)?.selector
      return pods.find(({ labels }) => selector && matches(selector, labels))?.address ?? host
    })
  }
  function envOf({ env = [] }: Container, pod: { name: string; uid: string }): Record<string, string> {
    const fields: Record<string, string> = { 'metadata.name': pod.name, 'metadata.uid': pod.uid }
    return Object.fromEntries(
      env.map(({ name, value, valueFrom }) => {
        const { secretKeyRef, fieldRef } = valueFrom ?? {}
        if (secretKeyRef) return [name, secretValue(secretKeyRef.name, secretKeyRef.key)]
        return [name, value ?? fields[fieldRef?.fieldPath ?? ''] ?? '']
      }),
    )
  }
  function start(deployment: Manifest, spec: DeploymentSpec): void {
    const [container] = spec.template.spec.containers
    if (!container) throw new Error(`${deployment.metadata.name} has no container`)
    const number = ++lastAddress
    const name = `${deployment.metadata.name}-${number}`
    const address = `${network}.${number}`
    const env = envOf(container, { name, uid: `uid-${number}` })
    const [command = '', ...args] = container.args ?? []
    const account = `kube-system:${spec.template.spec.serviceAccountName}`
    const more = () => {
      const where = command === 'shard' ? `--health-address=${address}` : `--bind-address=${address}`
      const kubeconfig = cluster.serviceAccountKubeconfig(account, name)
      chmodSync(kubeconfig, 0o644)
      return [`--kubeconfig=${kubeconfig}`, where, `--metric-resolution=${intervalMs}ms`]
    }
    const port = String(container.ports?.[0]?.containerPort)
    const line =
      command === 'valkey-server'
        ? ['redis-server', ...args, '--port', port, '--bind', address, '--dir', dir]
        : confined([...entrypoint(image), command, ...args, ...more()], spec.template.spec)
    const log = openSync(join(dir, `${name}.log`), 'a')
    const [file = '', ...rest] = line
    const child = spawn(file, rest, { stdio: ['ignore', log, log], env: { PATH: process.env.PATH, ...env } })
    closeSync(log)
    const { labels } = spec.template.metadata
    const of = { deployment: deployment.metadata.name, template: JSON.stringify(spec.template) }
    const pod = { name, ...of, labels, address, container, process: child }
    pods.push({ ...pod, ready: false })
  }

  async function reconcile(): Promise<void> {
    const wanted = stored('Deployment')
    // What others need an address of comes first.
    wanted.sort((a, b) => Number(/redis/.test(b.metadata.name)) - Number(/redis/.test(a.metadata.name)))
    for (const deployment of wanted) {
      const spec = deployment.spec as DeploymentSpec
      const template = JSON.stringify(spec.template)
      const all = () => pods.filter((pod) => pod.deployment === deployment.metadata.name)
      const outdated = all().filter((pod) => pod.template !== template)
      const current = () => all().filter((pod) => pod.template === template)
      while (current().length < (spec.replicas ?? 1)) start(deployment, spec)
      if (outdated.length === 0) continue
      while (!current().every(({ ready }) => ready)) await sleep(probeEveryMs)
      // They leave in their own time: a frontend goes on serving for a while.
      for (const pod of outdated) pod.process.kill('SIGTERM')
    }
  }

  /** The ready pods that each Service selects, by the port that it names. */
  function keepEndpoints(): void {
    for (const { metadata, spec } of stored('Service')) {
      const { selector, ports } = spec as ServiceSpec
      if (!selector || ports[0]?.name !== 'https') continue
      const { targetPort } = ports[0]
      const endpoints = [...pods, ...foreign]
        .filter((pod) => pod.ready && matches(selector, pod.labels))
        .flatMap(({ address, container }) => {
          const port = container.ports?.find(({ name }) => name === targetPort)?.containerPort
          return port ? [{ host: address, port }] : []
        })
      cluster.apiserver.setEndpoints(metadata.namespace ?? '', metadata.name, endpoints)
    }
  }
  const abort = new AbortController()
  const loop = async () => {
    while (!abort.signal.aborted) {
      await Promise.all(
        pods.map(async (pod) => {
          pod.ready = pod.process.exitCode === null && (await passes(pod))
        }),
      )
      if (!abort.signal.aborted) keepEndpoints()
      await sleep(probeEveryMs, undefined, { signal: abort.signal }).catch(() => {})
    }
  }
  const looping = loop()
  return {
    pods: () => pods,
    addForeign: (labels, address, container) => foreign.push({ labels, address, container, ready: true }),
    reconcile,
    async stop() {
      abort.abort()
      await looping
      await Promise.all(pods.map((pod) => end(pod.process, 'SIGKILL')))
    },
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

/** The readiness probe of the manifest, as a kubelet makes it. */
function passes({ address, container }: Pod): Promise<boolean> {
  const probe = container.readinessProbe as Probe
  const name = probe.httpGet?.port ?? probe.tcpSocket?.port
  const port = container.ports?.find((each) => each.name === name)?.containerPort ?? Number(name)
  const timeout = (probe.timeoutSeconds ?? 1) * 1_000
  if (!probe.httpGet) return accepts(address, port, timeout)
  const options: RequestOptions = { host: address, port, path: probe.httpGet.path, timeout, agent: false }
  const send =
    probe.httpGet.scheme === 'HTTPS'
      ? requestHttps({ ...options, rejectUnauthorized: false })
      : requestHttp(options)
  return new Promise((resolve) => {
    send.once('response', (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    send.once('timeout', () => send.destroy(new Error('timeout')))
    send.once('error', () => resolve(false))
    send.end()
  })
}

function accepts(host: string, port: number, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => settle(true))
    socket.once('timeout', () => settle(false))
    socket.once('error', () => settle(false))
  })
}

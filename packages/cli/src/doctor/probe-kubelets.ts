import { connect } from 'node:tls'
import type { KubeClient } from '@metrics-ring/common/kube/kube'
import type { KubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { unpackSample } from '@metrics-ring/common/record/sample-pack'
import { decode } from '@metrics-ring/shard/decode/decode'
import { decodeSummary } from '@metrics-ring/shard/decode/decode-summary'
import { createEndpoints, type FetchedFrom } from '@metrics-ring/shard/kubelet/endpoint'
import { createKubeletClient } from '@metrics-ring/shard/kubelet/kubelet'
import { kubeletOptions } from '@metrics-ring/shard/kubelet/kubelet-options'
import {
  type KubeletTarget,
  kubeletTarget,
  type NodeObject,
} from '@metrics-ring/shard/kubelet/kubelet-target'
import type { ClockOffset } from './clocks.ts'
import type { DoctorConfig } from './doctor-config.ts'
import type { Asked, Shown } from './kubelets.ts'
import { getObject, listObjects } from './probe-kube.ts'

/** So many at a time. */
const parallel = 10
const certificateMs = 2_000

export type KubeletProbe = { asked: Asked[]; clocks: ClockOffset[] }

/** Asks the kubelets of these nodes as a shard does, each once. */
export async function probeKubelets(
  { kubelet }: DoctorConfig,
  kube: KubeClient,
  kubeConfig: KubeConfig,
  nodes: readonly string[],
  covered: ReadonlySet<string>,
): Promise<KubeletProbe> {
  const client = createKubeletClient(kubeletOptions(kubelet, kubeConfig))
  const endpoints = createEndpoints({
    choice: kubelet.endpoint,
    mono: () => performance.now(),
    kubelets: client,
  })
  const clocks: ClockOffset[] = []

  async function ask(name: string): Promise<Asked[]> {
    const node = await getObject<NodeObject>(kube, `/api/v1/nodes/${name}`)
    if (!node) return []
    const about = { node: name, addresses: node.status?.addresses ?? [], covered: covered.has(name) }
    const found = kubeletTarget(node, kubelet)
    if (!found.ok) return [{ ...about, outcome: { ...found, shown: undefined } }]
    const { target } = found
    const sentMs = Date.now()
    const fetched = await endpoints.fetch(target, {})
    if (!fetched.ok) {
      const shown = /^tls_/.test(fetched.reason) ? await shownBy(target) : undefined
      return [{ ...about, outcome: { ok: false, reason: fetched.reason, detail: fetched.detail, shown } }]
    }
    const dateMs = Date.parse(fetched.date)
    if (dateMs > 0) clocks.push({ who: 'kubelet', name, offsetMs: dateOffset(dateMs, sentMs, Date.now()) })
    return [{ ...about, outcome: { ok: true, ...(await contentOf(fetched, name, kube)) } }]
  }

  const waiting = [...nodes]
  const asked: Asked[] = []
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
      asked.push(...(await ask(name)))
  }
  try {
    await Promise.all(Array.from({ length: parallel }, work))
  } finally {
    client.close()
  }
  return { asked, clocks }
}

/** How far a clock is ahead of ours that wrote an HTTP date (cut to the second) between these moments. */
export function dateOffset(dateMs: number, sentMs: number, receivedMs: number): number {
  return dateMs + 500 - (sentMs + receivedMs) / 2
}

async function contentOf({ body, format }: FetchedFrom & { ok: true }, node: string, kube: KubeClient) {
  const decoded = format === 'summary' ? decodeSummary(body, Date.now()) : decode(body, Date.now())
  const sample = unpackSample(decoded.sample)
  const pods = sample.pods.filter(({ containers }) => containers.some(({ point }) => point)).length
  const hasNode = sample.node !== undefined && sample.node.memoryBytes > 0
  return { hasNode, pods, running: pods === 0 ? await runningOn(node, kube) : undefined }
}

async function runningOn(node: string, kube: KubeClient): Promise<number | undefined> {
  const fields = encodeURIComponent(`spec.nodeName=${node},status.phase=Running`)
  const found = await listObjects(kube, `/api/v1/pods?limit=1&fieldSelector=${fields}`).catch(() => undefined)
  return found?.length
}

/** The certificate at the first address that shows one, unverified; undefined: none does. */
async function shownBy({ addresses, port }: KubeletTarget): Promise<Shown | undefined> {
  for (const host of addresses) {
    const shown = await new Promise<Shown | undefined>((resolve) => {
      const socket = connect({ host, port, rejectUnauthorized: false, timeout: certificateMs })
      const end = (result: Shown | undefined) => {
        socket.destroy()
        resolve(result)
      }
      socket.once('timeout', () => end(undefined))
      socket.once('error', () => end(undefined))
      socket.once('secureConnect', () => {
        const certificate = socket.getPeerX509Certificate()
        end(
          certificate && {
            subject: oneLine(certificate.subject),
            issuer: oneLine(certificate.issuer),
            names: certificate.subjectAltName ?? '',
            validFrom: certificate.validFrom,
            validTo: certificate.validTo,
            isSelfSigned: certificate.verify(certificate.publicKey),
          },
        )
      })
    })
    if (shown) return shown
  }
  return undefined
}

function oneLine(name: string): string {
  return name.replaceAll('\n', ', ')
}

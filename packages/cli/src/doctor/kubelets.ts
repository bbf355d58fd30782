import { advice, type ScrapeReason } from '@metrics-ring/shard/kubelet/reasons'
import { count, type Finding, type Found, some } from './finding.ts'

/** The certificate that a kubelet shows, whoever signed it. */
export type Shown = {
  subject: string
  issuer: string
  /** As OpenSSL prints them: `DNS:node-1, IP Address:10.0.0.1`; empty if it names none. */
  names: string
  validFrom: string
  validTo: string
  isSelfSigned: boolean
}

export type NodeAddress = { type: string; address: string }

/** What became of one kubelet's answer. */
export type Asked = {
  node: string
  /** What the Node lists, of any type. */
  addresses: readonly NodeAddress[]
  /** The store has a recent sample of it: the shards reach it, whatever we do. */
  covered: boolean
  outcome:
    | { ok: false; reason: ScrapeReason; detail: string; shown: Shown | undefined }
    | {
        ok: true
        /** The kubelet's answer has CPU and memory of the node. */
        hasNode: boolean
        /** Of how many pods it has containers, and how many run there (undefined: not asked). */
        pods: number
        running: number | undefined
      }
}

export type KubeletFacts = {
  asked: readonly Asked[]
  /** Of all nodes. */
  nodes: number
  /** We run as a pod of the cluster. */
  inCluster: boolean
}

const network: readonly ScrapeReason[] = ['unreachable', 'refused', 'timeout', 'dns']
const isNetwork = ({ outcome }: Asked) => !outcome.ok && network.includes(outcome.reason)

/** Each leg from here to a kubelet: address, port, TLS, rights, answer. One finding for each kind of fault. Pure. */
export function judgeKubelets({ asked, nodes, inCluster }: KubeletFacts): Found {
  const ok = asked.filter(({ outcome }) => outcome.ok).length
  const note = `${ok} of ${asked.length} kubelets asked answered (${count(nodes, 'node')} in all)`
  if (!inCluster && asked.length > 0 && asked.every(isNetwork)) return outOfReach(asked, note)
  const failed = asked.flatMap((each) => (each.outcome.ok ? [] : [{ each, key: faultKey(each) }]))
  const kinds = Map.groupBy(failed, ({ key }) => key)
  const failures = [...kinds.values()].map((all) => judgeFailures(all.map(({ each }) => each)))
  return { findings: [...failures, ...judgeContent(asked)], note }
}

/** A machine outside of the cluster often has no way to its nodes, which says nothing about the shards. */
function outOfReach(asked: readonly Asked[], note: string): Found {
  const text = `${note}: this machine has no way to them`
  if (asked.every(({ covered }) => covered)) return { findings: [], note: `${text}, the shards have` }
  const finding: Finding = {
    code: 'kubelets_out_of_reach',
    severity: 'warning',
    symptom: 'no kubelet can be reached from this machine: whether the shards reach them is not known',
    evidence: evidenceOf(asked),
    fix: 'ask from where the shards are: kubectl -n kube-system exec deploy/metrics-ring-shard -- /app/bin/node /app/packages/cli/src/main.ts doctor',
  }
  return { findings: [finding], note: text }
}

function reasonOf({ outcome }: Asked): ScrapeReason {
  return outcome.ok ? 'other' : outcome.reason
}

/** Certificates that want different flags are different faults. */
function faultKey(each: Asked): string {
  return `${reasonOf(each)} ${fixOf(each)}`
}

function judgeFailures(all: readonly Asked[]): Finding {
  const [first] = all as [Asked, ...Asked[]]
  const reason = reasonOf(first)
  return {
    code: `kubelet_${reason}`,
    severity: 'error',
    symptom: `${count(all.length, 'kubelet')} cannot be scraped: ${symptoms[reason] ?? reason}`,
    evidence: evidenceOf(all),
    fix: fixOf(first),
  }
}

const symptoms: { [reason in ScrapeReason]?: string } = {
  no_address: 'no address of a preferred type',
  bad_path: 'an annotation names no path',
  bad_credentials: 'our own CA, certificate or token cannot be used',
  dns: 'the name cannot be looked up',
  unreachable: 'no route to it',
  refused: 'nobody listens on the port',
  timeout: 'no answer in time',
  tls_unknown_ca: 'its certificate is signed by an unknown authority',
  tls_name_mismatch: 'its certificate does not name the address that is dialled',
  tls_expired: 'its certificate is not valid now',
  tls_other: 'it ends the TLS handshake',
  unauthorized: 'it does not know who asks (401)',
  forbidden: 'it knows who asks, and refuses (403)',
  not_found: 'it has no such endpoint (404)',
}

function evidenceOf(all: readonly Asked[]): string {
  const [first] = all as [Asked, ...Asked[]]
  const { outcome } = first
  const names = some(all.map(({ node }) => node))
  if (outcome.ok) return names
  // The advice in brackets is what our `fix` says better.
  const help = advice(outcome.reason)
  const detail = help ? outcome.detail.replace(` (${help})`, '') : outcome.detail
  const { shown } = outcome
  const who = all.length > 1 ? `${names}; ` : ''
  return `${who}${first.node}: ${detail}${shown ? `; it shows ${certificateText(shown)}` : ''}`
}

function certificateText({ subject, issuer, names, validFrom, validTo, isSelfSigned }: Shown): string {
  const signer = isSelfSigned ? 'signed by itself' : `signed by ${issuer}`
  return `${subject}, ${signer}, for ${names || 'no name at all'}, valid from ${validFrom} to ${validTo}`
}

function fixOf({ node, addresses, outcome }: Asked): string {
  if (outcome.ok) return ''
  const { reason, shown } = outcome
  if (reason === 'tls_name_mismatch' && shown) return nameFix(shown, node, addresses)
  if (reason === 'tls_other')
    return 'kubectl get csr; kubectl certificate approve <those that are Pending, of kubernetes.io/kubelet-serving>; else check that --kubelet-port is the HTTPS port'
  if (reason === 'tls_expired')
    return 'kubectl get csr; kubectl certificate approve <those that are Pending, of kubernetes.io/kubelet-serving>; check the clock of the node'
  if (reason === 'timeout' || reason === 'unreachable')
    return 'let the shards reach port 10250 of the nodes (firewalls, security groups, kubectl -n kube-system describe networkpolicy); another address: --kubelet-preferred-address-types, another port: --kubelet-port'
  if (reason === 'forbidden')
    return 'kubectl apply -k k8s/overlays/… (rbac.create=true in the chart): the ClusterRole of the shards grants get on nodes/metrics; nodes/stats has to be added where /stats/summary is asked for'
  if (reason === 'tls_unknown_ca' && shown?.isSelfSigned)
    return 'set serverTLSBootstrap: true in the configuration of the kubelet and approve its CSR; --kubelet-insecure-tls gives up verification'
  return advice(reason) || 'see the log of the kubelet: journalctl -u kubelet'
}

/** The flag that makes the names in the certificate do, or what to put into the certificate. */
function nameFix({ names }: Shown, node: string, addresses: readonly NodeAddress[]): string {
  const has = (name: string) =>
    names.split(', ').some((each) => each === `DNS:${name}` || each === `IP Address:${name}`)
  if (has(node)) return '--kubelet-tls-server-name=node: the certificate names the Node'
  const other = addresses.find(({ address }) => has(address))
  if (other)
    return `--kubelet-preferred-address-types=${other.type}: the certificate names ${other.address}, which is the ${other.type} of the Node`
  return `have the kubelet get a certificate that names its address: serverTLSBootstrap: true in its configuration, then kubectl certificate approve; --kubelet-insecure-tls gives up verification`
}

/** Answers that are no use. */
function judgeContent(asked: readonly Asked[]): Finding[] {
  const lacking = (what: 'node' | 'pods') =>
    asked.filter(
      ({ outcome }) =>
        outcome.ok && (what === 'node' ? !outcome.hasNode : outcome.pods === 0 && (outcome.running ?? 0) > 0),
    )
  const finding = (code: string, what: string, of: readonly Asked[], fix: string): Finding[] =>
    of.length === 0
      ? []
      : [
          {
            code,
            severity: 'error',
            symptom: `${count(of.length, 'kubelet')} reports no usage of ${what}`,
            evidence: `${some(of.map(({ node }) => node))}: see kubectl get --raw /api/v1/nodes/${of[0]?.node}/proxy/metrics/resource`,
            fix,
          },
        ]
  const runtime =
    'restart the kubelet; check that kubelet and container runtime support the cgroup version of the node'
  return [
    ...finding('kubelet_no_node_usage', 'its node', lacking('node'), runtime),
    ...finding('kubelet_no_pod_usage', 'its pods, though pods run there', lacking('pods'), runtime),
  ]
}

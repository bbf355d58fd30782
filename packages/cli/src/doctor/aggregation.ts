import { daysLeft, describeCertificates, readCertificates, validAt } from './certificates.ts'
import type { Finding, Found } from './finding.ts'

export type AggregationFacts = {
  nowMs: number
  /** `data` of ConfigMap kube-system/extension-apiserver-authentication; undefined: there is none. */
  configMap: Readonly<Record<string, string>> | undefined
  /** The command line of each kube-apiserver that runs as a pod one may see; none in a hosted control plane. */
  apiServers: readonly { name: string; args: readonly string[] }[]
}

const where = 'ConfigMap kube-system/extension-apiserver-authentication'
const caKey = 'requestheader-client-ca-file'
const soonDays = 14

const proxyFlags = ['--proxy-client-cert-file', '--proxy-client-key-file']
const requestHeaderFlags = [
  '--requestheader-client-ca-file',
  '--requestheader-username-headers=X-Remote-User',
  '--requestheader-group-headers=X-Remote-Group',
  '--requestheader-extra-headers-prefix=X-Remote-Extra-',
]

const setFlags = `set ${[...requestHeaderFlags, ...proxyFlags].join(' ')} on every kube-apiserver`

/** Whether kube-apiservers say to extension servers who asks, and by which authority they prove it. Pure. */
export function judgeAggregation(facts: AggregationFacts): Found {
  const findings = [...judgeConfigMap(facts), ...facts.apiServers.flatMap(judgeApiServer)]
  const certificates = readCertificates(facts.configMap?.[caKey] ?? '') ?? []
  return { findings, note: `front-proxy CA: ${describeCertificates(certificates) || 'none'}` }
}

function judgeConfigMap({ configMap, nowMs }: AggregationFacts): Finding[] {
  const problem = (code: string, symptom: string, evidence: string, fix: string): Finding[] => [
    { code, severity: 'error', symptom, evidence, fix },
  ]
  const off = 'the aggregation layer is not set up: frontends cannot tell who asks, and refuse everybody'
  if (!configMap) return problem('aggregation_off', off, `there is no ${where}`, setFlags)
  const pem = configMap[caKey] ?? ''
  if (pem === '') return problem('aggregation_off', off, `${where} has no ${caKey}`, setFlags)
  const certificates = readCertificates(pem)
  const fix =
    'renew the front-proxy CA (kubeadm certs renew front-proxy-client; kube-apiserver writes the ConfigMap)'
  if (!certificates) {
    const symptom = 'the front-proxy CA cannot be read'
    return problem(
      'front_proxy_ca_unreadable',
      symptom,
      `${caKey} of ${where} holds no PEM certificates`,
      fix,
    )
  }
  if (validAt(certificates, nowMs).length === 0) {
    const symptom = 'the front-proxy CA is not valid now: frontends refuse kube-apiserver'
    return problem('front_proxy_ca_expired', symptom, describeCertificates(certificates), fix)
  }
  return [
    ...judgeSoon(certificates, nowMs, fix),
    ...judgeSharedCa(configMap, pem),
    ...judgeHeaders(configMap),
  ]
}

function judgeSoon(certificates: Parameters<typeof daysLeft>[0], nowMs: number, fix: string): Finding[] {
  const left = daysLeft(certificates, nowMs)
  if (left >= soonDays) return []
  const symptom = `the front-proxy CA ends in ${left} days`
  return [
    {
      code: 'front_proxy_ca_ends',
      severity: 'warning',
      symptom,
      evidence: describeCertificates(certificates),
      fix,
    },
  ]
}

/** With one CA for both, any client certificate could act as the front proxy unless names are limited. */
function judgeSharedCa(configMap: Readonly<Record<string, string>>, pem: string): Finding[] {
  const anyName = ['', '[]'].includes(configMap['requestheader-allowed-names']?.trim() ?? '')
  if (pem.trim() !== configMap['client-ca-file']?.trim() || !anyName) return []
  return [
    {
      code: 'front_proxy_ca_shared',
      severity: 'warning',
      symptom: 'every client certificate of the cluster may act as the front proxy, in the name of anybody',
      evidence: `${caKey} and client-ca-file are one, and requestheader-allowed-names is empty`,
      fix: 'set --requestheader-allowed-names=front-proxy-client on kube-apiserver, or give the front proxy a CA of its own',
    },
  ]
}

function judgeHeaders(configMap: Readonly<Record<string, string>>): Finding[] {
  const names = ['username', 'group'].map((each) => `requestheader-${each}-headers`)
  const missing = names.filter((name) => ['', '[]'].includes(configMap[name]?.trim() ?? ''))
  if (missing.length === 0) return []
  return [
    {
      code: 'request_headers_missing',
      severity: 'error',
      symptom: 'kube-apiserver does not say in which headers it names who asks',
      evidence: `${where} has no ${missing.join(' and no ')}`,
      fix: `set ${requestHeaderFlags.slice(1).join(' ')} on every kube-apiserver`,
    },
  ]
}

function judgeApiServer({ name, args }: AggregationFacts['apiServers'][number]): Finding[] {
  const missing = [...proxyFlags, '--requestheader-client-ca-file'].filter(
    (flag) => !args.some((each) => each === flag || each.startsWith(`${flag}=`)),
  )
  if (missing.length === 0) return []
  return [
    {
      code: 'aggregation_flags_missing',
      severity: 'error',
      symptom: 'a kube-apiserver is not set up for the aggregation layer',
      evidence: `pod kube-system/${name} runs without ${missing.join(', ')}`,
      fix: setFlags,
    },
  ]
}

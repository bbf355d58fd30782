import { describeCertificates, isSameBundle, readCertificates, validAt } from './certificates.ts'
import { judgeCondition } from './conditions.ts'
import { type Finding, type Found, some } from './finding.ts'
import { keepersOf } from './keepers.ts'
import { type ApiService, type EndpointSlice, type Pod, podTrouble, type Service } from './objects.ts'

export type ApiServiceFacts = {
  /** For instance `v1.metrics.k8s.io`. */
  name: string
  /** Undefined: there is none. The same holds for what it leads to. */
  apiService: ApiService | undefined
  service: Service | undefined
  slices: readonly EndpointSlice[]
  /** Those that the Service selects. */
  pods: readonly Pod[]
  /** PEM of what the frontends want to be trusted; undefined where they are not installed so, or it may not be read. */
  bundle: string | undefined
  nowMs: number
}

/** Whether the Metrics API is registered, leads to us, and is verified. Pure. */
export function judgeApiServices(all: readonly ApiServiceFacts[]): Found {
  const findings = merged(all.flatMap(judgeOne))
  const seen = all.map(({ name, apiService }) => `${name}: ${apiService ? stateOf(apiService) : 'not there'}`)
  return { findings, note: seen.join('; ') }
}

/** What is wrong with both in the same way is one finding. */
function merged(findings: readonly Finding[]): Finding[] {
  return [...Map.groupBy(findings, ({ code, severity }) => `${severity} ${code}`).values()].flatMap((all) => {
    const [first] = all
    const evidence = [...new Set(all.map((each) => each.evidence))].join('; ')
    return first ? [{ ...first, evidence }] : []
  })
}

function stateOf(apiService: ApiService): string {
  const { status, reason } = availability(apiService) ?? {}
  if (status === 'True') return 'available'
  return status === undefined ? 'not judged yet' : `not available (${reason})`
}

function availability({ status }: ApiService) {
  return status?.conditions?.find(({ type }) => type === 'Available')
}

function judgeOne(facts: ApiServiceFacts): Finding[] {
  const { name, apiService } = facts
  if (!apiService) return [missing(name)]
  const wrong = [...judgeTrust(facts, apiService), ...judgeTarget(facts, apiService)]
  const condition = availability(apiService)
  // What leads nowhere needs no second explanation by the API server.
  const told = wrong.some(({ severity }) => severity === 'error')
  const unavailable = told || condition?.status === 'True' ? [] : judgeCondition(name, apiService, condition)
  return [...wrong, ...unavailable, ...judgeKeepers(name, apiService, [...wrong, ...unavailable])]
}

function missing(name: string): Finding {
  const isNew = name.startsWith('v1.')
  return {
    code: 'apiservice_missing',
    severity: isNew ? 'warning' : 'error',
    symptom: isNew
      ? 'metrics.k8s.io/v1 is not served: clients fall back to v1beta1'
      : 'the Metrics API is not registered: kubectl top says "Metrics API not available", no HPA works',
    evidence: `there is no APIService ${name}`,
    fix: 'kubectl apply -k k8s/overlays/… (apiService.create=true in the chart)',
  }
}

/** How the API server verifies the frontends. */
function judgeTrust({ name, bundle, nowMs }: ApiServiceFacts, { spec }: ApiService): Finding[] {
  if (spec?.insecureSkipTLSVerify) {
    const fix = `kubectl patch apiservice ${name} --type=merge -p '{"spec":{"insecureSkipTLSVerify":null}}' (frontends with --serving-secret do it, and give caBundle)`
    const symptom =
      'kube-apiserver does not verify the frontends: whoever answers in their place is told the metrics of everybody'
    const evidence = `APIService ${name} has insecureSkipTLSVerify: true`
    return [{ code: 'apiservice_unverified', severity: 'warning', symptom, evidence, fix }]
  }
  const pem = Buffer.from(spec?.caBundle ?? '', 'base64').toString()
  const certificates = readCertificates(pem) ?? []
  const wanted = bundle === undefined ? undefined : readCertificates(bundle)
  const fix =
    'frontends with --serving-secret put it back, at most once in 5 min: kubectl -n kube-system logs -l metrics-ring.io/serves=metrics-api | grep caBundle'
  if (wanted && !isSameBundle(certificates, wanted)) {
    const evidence = `APIService ${name} has ${describe(certificates)}; the Secret of the frontends has ${describe(wanted)}`
    const symptom = 'caBundle is not the authority of the frontends: kube-apiserver will not believe them'
    return [{ code: 'apiservice_ca_bundle_overwritten', severity: 'error', symptom, evidence, fix }]
  }
  if (certificates.length > 0 && validAt(certificates, nowMs).length === 0) {
    const symptom = 'no certificate in caBundle is valid now'
    const evidence = `APIService ${name} has ${describe(certificates)}`
    return [{ code: 'apiservice_ca_bundle_expired', severity: 'error', symptom, evidence, fix }]
  }
  return []
}

function describe(certificates: Parameters<typeof describeCertificates>[0]): string {
  return describeCertificates(certificates) || 'no certificate'
}

/** What the APIService leads to: Service, port, endpoints. */
function judgeTarget({ name, service, slices, pods }: ApiServiceFacts, { spec }: ApiService): Finding[] {
  const { namespace, name: serviceName, port = 443 } = spec?.service ?? { namespace: '', name: '' }
  const found = (code: string, symptom: string, evidence: string, fix: string): Finding[] => [
    { code, severity: 'error', symptom, evidence, fix },
  ]
  const of = `APIService ${name} leads to Service ${namespace}/${serviceName}`
  if (!service) {
    const fix = `kubectl apply -k k8s/overlays/… (it has the Service), or point the APIService to another one`
    return found('apiservice_service_missing', 'the Service of the Metrics API is missing', of, fix)
  }
  const servicePort = service.spec?.ports?.find((each) => each.port === port)
  if (!servicePort) {
    const has = service.spec?.ports?.map((each) => each.port).join(', ') || 'none'
    const evidence = `${of}, port ${port}; its ports: ${has}`
    const fix = `kubectl patch apiservice ${name} --type=merge -p '{"spec":{"service":{"port":${service.spec?.ports?.[0]?.port ?? 443}}}}'`
    return found(
      'apiservice_port',
      'the Service does not have the port that the APIService names',
      evidence,
      fix,
    )
  }
  const ready = slices.some(({ endpoints = [] }) =>
    endpoints.some(({ conditions }) => conditions?.ready !== false),
  )
  if (!ready) {
    const selector = Object.entries(service.spec?.selector ?? {}).map(([key, value]) => `${key}=${value}`)
    const selects = `it selects ${selector.join(',') || 'nothing'}`
    const who = pods.length === 0 ? 'no pod' : some(pods.map(podTrouble))
    const fix = `kubectl -n ${namespace} get pods -l ${selector.join(',')}; the /readyz?verbose of a frontend says what it waits for`
    return found('apiservice_no_endpoints', 'no frontend is ready', `${of}; ${selects}: ${who}`, fix)
  }
  return judgeServer(name, pods)
}

/** Whether it is us who answer. */
function judgeServer(name: string, pods: readonly Pod[]): Finding[] {
  const labels = pods.map(({ metadata }) => metadata.labels ?? {})
  if (pods.length === 0 || labels.some((each) => each['metrics-ring.io/serves'] === 'metrics-api')) return []
  return [
    {
      code: 'apiservice_elsewhere',
      severity: 'warning',
      symptom: 'the Metrics API is served by another server',
      evidence: `APIService ${name} leads to ${some(pods.map(({ metadata }) => metadata.name))}`,
      fix: 'docs/migrate.md, step 2, points it to metrics-ring',
    },
  ]
}

const broken = /^apiservice_(unverified|ca_bundle|certificate|elsewhere|service_missing)/

/** Somebody who puts it back, where it is not as it should be (or was made so just now). */
function judgeKeepers(name: string, apiService: ApiService, wrong: readonly Finding[]): Finding[] {
  const keepers = keepersOf(apiService)
  const [keeper] = keepers
  const isWrong = wrong.some(({ code }) => broken.test(code))
  const isFieldOwner = keepers.some(({ sign }) => sign.startsWith('field manager'))
  if (!keeper || !(isWrong || isFieldOwner)) return []
  return [
    {
      code: 'apiservice_put_back',
      severity: 'error',
      symptom: `${keeper.who} keeps putting the APIService back; frontends repair it at most once in 5 min`,
      evidence: `APIService ${name}: ${keepers.map(({ sign }) => sign).join('; ')}`,
      fix: keeper.fix,
    },
  ]
}

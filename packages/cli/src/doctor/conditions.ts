import type { Finding } from './finding.ts'
import type { ApiService, Condition } from './objects.ts'

type Cause = { code: string; pattern: RegExp; symptom: string; fix: (apiService: string) => string }

const logs = 'kubectl -n kube-system logs -l metrics-ring.io/serves=metrics-api --tail=50'

/** What the words of FailedDiscoveryCheck mean (Go's and Node's), the more telling first. */
const causes: readonly Cause[] = [
  {
    code: 'apiservice_certificate_expired',
    pattern: /certificate.*(expired|not yet valid)/i,
    symptom: 'the certificate of the frontends is not valid now',
    fix: () => `check the clocks; ${logs}; with --tls-cert-file renew the file`,
  },
  {
    code: 'apiservice_certificate_name',
    pattern: /certificate is (not )?valid for|altnames|ERR_TLS_CERT_ALTNAME/i,
    symptom: 'the certificate of the frontends does not name the Service',
    fix: () =>
      'name it in --serving-services, or in the certificate of --tls-cert-file: <service>.<namespace>.svc',
  },
  {
    code: 'apiservice_ca_bundle',
    pattern: /x509|certificate|self.signed|issuer|unable to verify/i,
    symptom: 'caBundle does not verify the certificate of the frontends',
    fix: (name) =>
      `frontends with --serving-secret put it right within 5 min (${logs}); else set it: kubectl patch apiservice ${name} --type=merge -p '{"spec":{"caBundle":"<base64 of the CA>"}}'`,
  },
  {
    code: 'front_proxy_refused',
    pattern: /\b401\b|unauthorized/i,
    symptom: 'the frontends do not believe the certificate of kube-apiserver (the front proxy)',
    fix: () =>
      'its CA has to be in ConfigMap kube-system/extension-apiserver-authentication (kube-apiserver --requestheader-client-ca-file writes it) and its name in requestheader-allowed-names; or give frontends --requestheader-client-ca-file',
  },
  {
    code: 'apiservice_forbidden',
    pattern: /\b403\b|forbidden/i,
    symptom: 'the frontends believe who kube-apiserver is, and do not let it read',
    fix: () =>
      'frontends need the ClusterRole system:auth-delegator: kubectl apply -k k8s/overlays/… (rbac.create=true)',
  },
  {
    code: 'apiservice_server_error',
    pattern: /status.*\b[45]\d\d\b/i,
    symptom: 'the frontends answer kube-apiserver with an error',
    fix: () => logs,
  },
  {
    code: 'apiservice_unreachable',
    pattern:
      /refused|time(d )?out|deadline|no route|unreachable|canceled|EOF|reset|E(HOST|NET|CONN)\w+|no such host|dial/i,
    symptom: 'kube-apiserver does not reach the frontends',
    fix: () =>
      'let the control plane reach port 10250 of pods (firewall, security group, NetworkPolicy; konnectivity agents); where its network has no route to pods, run the frontends with hostNetwork and another --secure-port',
  },
]

/** Why an APIService is not available, from what the API server says of it. Pure. */
export function judgeCondition(
  name: string,
  { spec }: ApiService,
  condition: Condition | undefined,
): Finding[] {
  const { reason = 'no condition Available', message = '' } = condition ?? {}
  const evidence = `APIService ${name}: ${reason}${message ? `: ${message}` : ''}`
  const cause = reason === 'FailedDiscoveryCheck' && causes.find(({ pattern }) => pattern.test(message))
  if (cause) {
    const { code, symptom, fix } = cause
    return [{ code, severity: 'error', symptom, evidence, fix: fix(name) }]
  }
  const { namespace, name: service } = spec?.service ?? {}
  return [
    {
      code: 'apiservice_unavailable',
      severity: 'error',
      symptom: 'the Metrics API is not available',
      evidence,
      fix: `kubectl describe apiservice ${name}; kubectl -n ${namespace} get endpointslices -l kubernetes.io/service-name=${service}`,
    },
  ]
}

import type { SpanSpec } from '@metrics-ring/common/telemetry/trace'

/** The trace of one request, in the order of its parts. It continues that of kube-apiserver, whom alone it believes. */
export const apiSpans = {
  request: {
    name: 'api request',
    kind: 'server',
    help: 'One request, from its arrival to the last byte handed over. Requests that are not authenticated have none.',
    attributes: {
      'http.request.method': 'the method',
      'url.path': 'the path',
      'http.response.status_code': 'the status',
    },
  },
  authn: { name: 'api authn', help: 'Who asks: front proxy, certificate, token.' },
  authz: { name: 'api authz', help: 'Whether they may.' },
  select: {
    name: 'api select',
    help: 'From the view, what a list asks for. Lists that share an answer have it once.',
  },
  render: { name: 'api render', help: 'The body of a list.' },
  write: { name: 'api write', help: 'Handing the answer over, as fast as the client reads.' },
} as const satisfies Readonly<Record<string, SpanSpec>>

import { expect } from 'chai'
import { appliesIf, type Context, complaint } from './context.ts'
import { holds } from './holds.ts'
import { findSubjects, type Subjects } from './subjects.ts'

const stranger = 'metrics-ring-e2e-stranger'
const forbidden = (what: string, verb: string, resource: string, where: string) =>
  `${what} is forbidden: User "${stranger}" cannot ${verb} resource "${resource}" in API group "metrics.k8s.io" ${where}`

/** What clients are told when they ask for too much, or in the wrong way. */
export function errorsSuite(context: () => Context): void {
  let subjects: Subjects
  before(async () => {
    subjects = await findSubjects(context())
  })
  const refusal = (...args: string[]) => complaint(context().kubectl(...args))

  holds(context, 'says what is not found', async () => {
    expect(await refusal('get', 'podmetrics', 'nope', '-n', subjects.namespace)).to.equal(
      'Error from server (NotFound): pods "nope" not found',
    )
    expect(await refusal('get', 'nodemetrics', 'nope')).to.equal(
      'Error from server (NotFound): node "nope" not found',
    )
    expect(await refusal('get', '--raw', '/apis/metrics.k8s.io/v1beta1/nope')).to.equal(
      'Error from server (NotFound): the server could not find the requested resource',
    )
  })

  holds(context, 'refuses a user without rights, by name, namespace and cluster', async function () {
    appliesIf(this, context().impersonates, 'this user may not act as another')
    const { namespace, pod } = subjects
    const as = (...args: string[]) => refusal('--as', stranger, ...args)
    expect(await as('top', 'node')).to.include(
      forbidden('nodes.metrics.k8s.io', 'list', 'nodes', 'at the cluster scope'),
    )
    expect(await as('top', 'pod', '-n', namespace)).to.include(
      forbidden('pods.metrics.k8s.io', 'list', 'pods', `in the namespace "${namespace}"`),
    )
    expect(await as('get', 'podmetrics', pod, '-n', namespace)).to.include(
      forbidden(`pods.metrics.k8s.io "${pod}"`, 'get', 'pods', `in the namespace "${namespace}"`),
    )
    expect(await as('get', 'podmetrics', '-A')).to.match(
      /^Error from server \(Forbidden\): .* at the cluster scope$/,
    )
  })

  holds(context, 'names the field that cannot be selected by', async () => {
    expect(await refusal('get', 'podmetrics', '-A', '--field-selector=spec.nodeName=x')).to.match(
      /\(BadRequest\).* "spec\.nodeName" is not a known field selector: only "metadata\.name", "metadata\.namespace"$/,
    )
  })

  const pods = '/apis/metrics.k8s.io/v1beta1/pods'
  const cases: [what: string, query: string, code: number, reason: string, message: RegExp][] = [
    [
      'a label selector cut short',
      'labelSelector=a+in+(b',
      400,
      'BadRequest',
      /^unable to parse requirement: /,
    ],
    [
      'a limit that is no number',
      'limit=abc',
      400,
      'BadRequest',
      /^strconv.ParseInt: parsing "abc": invalid syntax$/,
    ],
    [
      'a field selector of one word',
      'fieldSelector=x',
      400,
      'BadRequest',
      /invalid (field )?selector: 'x'; can't understand 'x'/,
    ],
    [
      'a watch',
      'watch=true',
      405,
      'MethodNotAllowed',
      /^watch is not supported on resources of kind "pods.metrics.k8s.io"$/,
    ],
    [
      'a match of no version',
      'resourceVersionMatch=Exact',
      422,
      'Invalid',
      /^ListOptions.meta.k8s.io "" is invalid: /,
    ],
  ]
  for (const [what, query, code, reason, message] of cases) {
    holds(context, `answers ${what} with a Status of code ${code}`, async () => {
      const answer = await context().get(`${pods}?${query}`)
      const status = JSON.parse(answer.text)
      expect([answer.status, status.kind, status.apiVersion]).to.deep.equal([code, 'Status', 'v1'])
      expect([status.status, status.code, status.reason]).to.deep.equal(['Failure', code, reason])
      expect(status.message).to.match(message)
      expect(answer.type).to.equal('application/json')
    })
  }

  holds(context, 'answers 406 where it has no such representation, and says which there are', async () => {
    const answer = await context().get(pods, { accept: 'image/png' })
    expect(answer.status).to.equal(406)
    expect(answer.text)
      .to.include('application/json, application/yaml, application/vnd.kubernetes.protobuf')
      .and.not.include('<')
  })
}

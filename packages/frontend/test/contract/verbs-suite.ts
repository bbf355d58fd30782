import { expect } from 'chai'
import { type Context, complaint, type Item, printed } from './context.ts'
import { holds } from './holds.ts'
import { findSubjects, type Subjects } from './subjects.ts'

/** The other ways of kubectl to the API: explain, describe, raw paths, wait, watch, and what is listed where. */
export function verbsSuite(context: () => Context): void {
  let subjects: Subjects
  before(async () => {
    subjects = await findSubjects(context())
  })
  const run = (...args: string[]) => printed(context().kubectl(...args))

  holds(context, 'explains both kinds, and fields of them', async () => {
    const version = context().versions[0]
    for (const kind of ['PodMetrics', 'NodeMetrics']) {
      const text = await run('explain', kind.toLowerCase())
      expect(text).to.match(new RegExp(`GROUP: +metrics.k8s.io\nKIND: +${kind}\nVERSION: +${version}\n`))
      expect(text)
        .to.match(/^ {2}timestamp\t<\S+>/m)
        .and.match(/^ {2}window\t<\S+>/m)
    }
    expect(await run('explain', 'podmetrics.containers.usage')).to.match(/FIELD: usage </)
    expect(await run('explain', 'podmetrics', '--recursive')).to.match(/^ {4}name\t<string>/m)
  })

  holds(context, 'describes a pod and a node', async () => {
    const { namespace, pod, node } = subjects
    const podText = await run('describe', 'podmetrics', pod, '-n', namespace)
    expect(podText).to.match(new RegExp(`^Name: +${pod}\nNamespace: +${namespace}\n`))
    expect(podText)
      .to.match(/^Kind: +PodMetrics$/m)
      .and.match(/^Containers:\n {2}Name: +\S+\n {2}Usage:\n {4}Cpu: +\w+\n/m)
    const nodeText = await run('describe', 'nodemetrics', node)
    expect(nodeText).to.match(/^Usage:\n {2}Cpu: +\w+\n {2}Memory: +\w+$/m)
  })

  holds(context, 'gets raw paths, as the proxy does', async () => {
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${subjects.namespace}/pods/${subjects.pod}`
    const { metadata, containers } = JSON.parse(await run('get', '--raw', path)) as Item
    expect([metadata.namespace, metadata.name]).to.deep.equal([subjects.namespace, subjects.pod])
    expect(containers).to.not.have.length(0)
    const group = JSON.parse(await run('get', '--raw', '/apis/metrics.k8s.io'))
    const served = group.versions.map(({ version }: { version: string }) => version)
    expect(served).to.deep.equal(context().versions)
    expect(group.preferredVersion.version).to.equal(context().versions[0])
  })

  holds(context, 'waits for a value that is there', async () => {
    const { namespace, pod } = subjects
    const text = await run(
      'wait',
      `podmetrics/${pod}`,
      '-n',
      namespace,
      `--for=jsonpath={.metadata.name}=${pod}`,
    )
    expect(text).to.equal(`podmetrics.metrics.k8s.io/${pod} condition met\n`)
  })

  holds(context, 'lists once and is told that there is no watch', async () => {
    const { kubectl } = context()
    const { stdout, stderr } = await kubectl('get', 'podmetrics', '-n', subjects.namespace, '-w')
    expect(stdout).to.include(subjects.pod)
    expect(stderr.trim()).to.match(
      /^Error from server \(MethodNotAllowed\): watch is not supported on resources of kind "pods\.metrics\.k8s\.io"/,
    )
  })

  holds(context, 'finds the resources, the versions and the APIServices', async () => {
    const resources = await run('api-resources', '--api-group=metrics.k8s.io', '--no-headers')
    const version = `metrics.k8s.io/${context().versions[0]}`
    expect(resources.trim().split(/\s+/)).to.deep.equal([
      ...['nodes', version, 'false', 'NodeMetrics'],
      ...['pods', version, 'true', 'PodMetrics'],
    ])
    const wide = await run('api-resources', '--api-group=metrics.k8s.io', '--no-headers', '-o', 'wide')
    expect(wide)
      .to.match(/NodeMetrics +get,list/)
      .and.match(/PodMetrics +get,list/)
    const names = context().versions.map((each) => `metrics.k8s.io/${each}`)
    expect((await run('api-versions')).split('\n')).to.include.members(names)
    const services = await run('get', 'apiservices')
    for (const each of context().versions)
      expect(services).to.match(new RegExp(`^${each}\\.metrics\\.k8s\\.io +\\S+ +True `, 'm'))
  })

  holds(context, 'does not delete anything', async () => {
    const answer = await complaint(context().kubectl('delete', 'nodemetrics', 'no-such-node'))
    expect(answer).to.equal(
      'Error from server (MethodNotAllowed): the server does not allow this method on the requested resource',
    )
  })
}

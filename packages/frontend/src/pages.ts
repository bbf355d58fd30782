import { version } from '@metrics-ring/common/version'
import type { Answer } from './answer.ts'
import { apiVersion, group, kinds, type Version, versions } from './api.ts'
import type { Page } from './routes.ts'

/** What is answered without looking at any metrics. */
export const pages: ReadonlyMap<string, Page> = new Map([
  ['/version', () => json(versionInfo())],
  ['/apis', () => json({ kind: 'APIGroupList', apiVersion: 'v1', groups: [groupDocument()] })],
  [`/apis/${group}`, () => json({ kind: 'APIGroup', apiVersion: 'v1', ...groupDocument() })],
  ...versions.map((each): [string, Page] => [`/apis/${apiVersion(each)}`, () => json(resourceList(each))]),
])

function json(document: object): Answer {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json' },
    body: `${JSON.stringify(document)}\n`,
  }
}

function versionInfo(): object {
  const [major = '', minor = ''] = version.split('.')
  return { major, minor, gitVersion: `v${version}`, platform: `${process.platform}/${process.arch}` }
}

function groupDocument(): object {
  const listed = versions.map((each) => ({ groupVersion: apiVersion(each), version: each }))
  return { name: group, versions: listed, preferredVersion: listed[0] }
}

function resourceList(each: Version): object {
  const verbs = ['get', 'list']
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersion(each),
    resources: [
      { name: 'nodes', singularName: '', namespaced: false, kind: kinds.nodes, verbs },
      { name: 'pods', singularName: '', namespaced: true, kind: kinds.pods, verbs },
    ],
  }
}

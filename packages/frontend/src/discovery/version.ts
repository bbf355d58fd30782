import { type Failure, notAcceptable } from '../answer/status.ts'
import { goJson } from '../render/render-json.ts'
import type { Answer } from '../render/render-status.ts'
import { allows, parseAccept } from '../request/accept.ts'

/** What was built. */
export type Build = {
  /** As in package.json. */
  version: string
  /** Commit and date of the build, where they are known. */
  gitCommit?: string
  buildDate?: string
}

/** Answer of `/version`: a version.Info of Kubernetes, always indented JSON. */
export function answerVersion(build: Build, accept: string | undefined): Answer | Failure {
  if (!parseAccept(accept).some((clause) => allows(clause, 'application/json'))) {
    return notAcceptable('406: Not Acceptable\n\nAvailable representations: application/json', {})
  }
  const [major = '', minor = ''] = build.version.split('.')
  const info = {
    major,
    minor,
    gitVersion: `v${build.version}`,
    gitCommit: build.gitCommit ?? '',
    gitTreeState: '',
    buildDate: build.buildDate ?? '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: `node ${process.versions.node}`,
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  }
  return { code: 200, headers: { 'Content-Type': 'application/json' }, body: goJson(info, 2) }
}

const pattern = /^v(\d+)(?:(alpha|beta)(\d+))?$/

/** Orders versions as Kubernetes does: v2, v1, v1beta2, v1beta1, v1alpha1, then anything else by name. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)]
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : Number(a > b)
  return right.stage - left.stage || right.major - left.major || right.minor - left.minor
}

function parse(version: string): { major: number; stage: number; minor: number } | undefined {
  const match = pattern.exec(version)
  if (!match) return undefined
  const stage = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0
  return { major: Number(match[1]), stage, minor: Number(match[3] ?? 0) }
}

/** One check of a health endpoint; `trouble` undefined: it passes. `note` stands beside a check that passes. */
export type Check = { name: string; trouble?: string | undefined; note?: string }

export type HealthAnswer = { code: 200 | 500 | 404; text: string }

/**
 * Answers /livez, /readyz, /healthz and what lies below them (kubernetes/apiserver pkg/server/healthz). Unlike
 * there, a failed check says why: our reasons are sentences of ours and hold no secret.
 * @param only the check that the path names; undefined: all.
 */
export function healthAnswer(
  endpoint: string,
  checks: readonly Check[],
  query: URLSearchParams,
  only?: string,
): HealthAnswer {
  if (only !== undefined) return oneCheck(checks.find(({ name }) => name === only))
  const excluded = new Set(query.getAll('exclude'))
  const lines = checks.map((check) => lineOf(check, excluded.has(check.name)))
  const unknown = [...excluded].filter((name) => !checks.some((check) => check.name === name))
  if (unknown.length > 0) {
    const names = unknown.map((name) => JSON.stringify(name)).join(',')
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`)
  }
  const failed = checks.some(({ name, trouble }) => trouble !== undefined && !excluded.has(name))
  const all = [...lines, `${endpoint} check ${failed ? 'failed' : 'passed'}`, ''].join('\n')
  if (failed) return { code: 500, text: all }
  return { code: 200, text: query.has('verbose') ? all : 'ok' }
}

function oneCheck(check: Check | undefined): HealthAnswer {
  if (!check) return { code: 404, text: '404 page not found\n' }
  if (check.trouble === undefined) return { code: 200, text: 'ok' }
  return { code: 500, text: `internal server error: ${check.trouble}\n` }
}

function lineOf({ name, trouble, note }: Check, excluded: boolean): string {
  if (excluded) return `[+]${name} excluded: ok`
  if (trouble !== undefined) return `[-]${name} failed: ${trouble}`
  return `[+]${name} ok${note === undefined ? '' : `: ${note}`}`
}

import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { alerts } from '../../../../scripts/telemetry/alerts.ts'
import { ruleGroups } from '../../../../scripts/telemetry/rules.ts'

/** Where scripts/ensure-promtool puts it when it is not in the PATH. */
const kept = fileURLToPath(new URL('../../../../.cache/promtool', import.meta.url))
const promtool = existsSync(kept) ? kept : 'promtool'

export type Ran = { ok: boolean; output: string }

/** Runs Prometheus' own tool. Rejects where there is none: `npm test` fetches it (scripts/ensure-promtool). */
function runPromtool(args: readonly string[]): Promise<Ran> {
  return new Promise((resolve, reject) => {
    execFile(promtool, args, { maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (error && 'code' in error && error.code === 'ENOENT') reject(error)
      else resolve({ ok: error === null, output: stdout + stderr })
    })
  })
}

/** Whether Prometheus would load these rules. */
export function checkRules(groups: object): Promise<Ran> {
  return inDirectory((dir) => {
    writeFileSync(join(dir, 'rules.yaml'), JSON.stringify(groups))
    return runPromtool(['check', 'rules', join(dir, 'rules.yaml')])
  })
}

async function inDirectory<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-rules-'))
  try {
    return await work(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** When each alert fires, in steps of the series; those that never do are not in it. */
export type Firing = Map<string, number[]>

/**
 * Has Prometheus' own evaluation of our rules tell what fires when, over series in promtool's notation. promtool only
 * compares: each alert is said never to fire, and what it finds otherwise is what fires.
 */
export function evaluateAlerts(
  series: Readonly<Record<string, string>>,
  { intervalMs, steps }: { intervalMs: number; steps: number },
): Promise<Firing> {
  const stepSeconds = intervalMs / 1000
  const interval = `${stepSeconds}s`
  const alert_rule_test = Array.from({ length: steps }, (_, step) =>
    alerts.map(({ name }) => ({ eval_time: `${step * stepSeconds}s`, alertname: name, exp_alerts: [] })),
  ).flat()
  const input_series = Object.entries(series).map(([name, values]) => ({ series: name, values }))
  const test = {
    rule_files: ['rules.yaml'],
    evaluation_interval: interval,
    tests: [{ interval, input_series, alert_rule_test }],
  }
  return inDirectory(async (dir) => {
    writeFileSync(join(dir, 'rules.yaml'), JSON.stringify(ruleGroups(intervalMs)))
    writeFileSync(join(dir, 'test.yaml'), JSON.stringify(test))
    const { ok, output } = await runPromtool(['test', 'rules', join(dir, 'test.yaml')])
    const firing = firingIn(output, stepSeconds)
    if (ok !== (firing.size === 0)) throw new Error(`promtool: ${output.slice(0, 2_000)}`)
    return firing
  })
}

function firingIn(output: string, stepSeconds: number): Firing {
  const firing: Firing = new Map()
  for (const [, name = '', time = ''] of output.matchAll(/alertname:\s*(\w+),\s*time:\s*([\dhms.]+)/g)) {
    const steps = firing.get(name) ?? []
    firing.set(name, steps)
    steps.push(secondsOf(time) / stepSeconds)
  }
  return firing
}

/** Of a duration as Prometheus writes it: 1m30s. */
function secondsOf(text: string): number {
  const seconds = { h: 3600, m: 60, s: 1, ms: 0.001 }
  return [...text.matchAll(/([\d.]+)(ms|h|m|s)/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * seconds[unit as keyof typeof seconds],
    0,
  )
}

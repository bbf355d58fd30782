import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { errorText } from '@metrics-ring/common/errors'
import { createKubeClient } from '@metrics-ring/common/kube/kube'
import { loadKubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { doctorHelp, readDoctorConfig } from './doctor-config.ts'
import { examine } from './examine.ts'
import { runningTier } from './installed.ts'
import { drawReport, type Report, reportOf } from './report.ts'

type Env = Readonly<Record<string, string | undefined>>

/** `metrics-ring doctor`: what is wrong, what shows it, and what mends it. */
export async function runDoctor(argv: readonly string[]): Promise<void> {
  const { config, faults, help } = readDoctorConfig(argv, process.env)
  if (help) return void process.stdout.write(doctorHelp)
  if (faults.length > 0) return usage(faults)
  const report = await diagnose(argv, process.env).catch((error) => errorText(error))
  if (typeof report === 'string') return usage([report])
  const text = config.json ? JSON.stringify(report) : drawReport(report, process.stdout.columns)
  process.stdout.write(`${text}\n`)
  process.exitCode = report.sound ? 0 : 1
}

function usage(faults: readonly string[]): void {
  process.stderr.write(faults.map((fault) => `metrics-ring doctor: ${fault}\n`).join(''))
  process.exitCode = 2
}

/** Rejects with a CodedError where the kubeconfig cannot be used. */
export async function diagnose(argv: readonly string[], env: Env): Promise<Report> {
  const startedMs = performance.now()
  const { config } = readDoctorConfig(argv, env)
  const inCluster = env.KUBERNETES_SERVICE_HOST !== undefined
  const usual = inCluster ? undefined : join(homedir(), '.kube', 'config')
  const kubeConfig = await loadKubeConfig(config.kubeconfig ?? usual, env)
  const kube = createKubeClient(kubeConfig)
  try {
    const checks = await examine({
      kube,
      kubeConfig,
      configure: (installed) => readDoctorConfig(argv, env, installed).config,
      inCluster,
      own: inCluster ? runningTier(await readFile('/proc/1/cmdline', 'utf8').catch(() => '')) : undefined,
    })
    return reportOf(checks, performance.now() - startedMs)
  } finally {
    await kube.close()
  }
}

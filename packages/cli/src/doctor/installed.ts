import type { Container, Deployment } from './objects.ts'

export type Tier = 'shard' | 'frontend' | 'standalone'

/** A Deployment of ours. */
export type Installed = {
  tier: Tier
  namespace: string
  name: string
  serviceAccount: string
  /** Without the name of the command. */
  args: string[]
  container: Container
  deployment: Deployment
}

/** What is known of a tier from the command line of its process: in a pod that is process 1. */
export type Running = Pick<Installed, 'tier' | 'args'>

const tiers: readonly string[] = ['shard', 'frontend', 'standalone'] satisfies Tier[]

/** Of all Deployments those that run a tier of ours. Pure. */
export function installedTiers(deployments: readonly Deployment[]): Installed[] {
  return deployments.flatMap((deployment) => {
    const pod = deployment.spec?.template?.spec
    const container = pod?.containers?.find(({ args }) => tiers.includes(args?.[0] ?? ''))
    if (!container) return []
    const [tier, ...args] = joined(container.args ?? [])
    const { name, namespace = 'default' } = deployment.metadata
    const serviceAccount = pod?.serviceAccountName ?? 'default'
    return [{ tier: tier as Tier, namespace, name, serviceAccount, args, container, deployment }]
  })
}

/** Of `/proc/…/cmdline`; undefined if that is no tier of ours. Pure. */
export function runningTier(cmdline: string): Running | undefined {
  const [, entry = '', tier = '', ...args] = cmdline.split('\0').slice(0, -1)
  const isOurs = tiers.includes(tier) && /(main\.ts|metrics-ring)$/.test(entry)
  return isOurs ? { tier: tier as Tier, args: joined([tier, ...args]).slice(1) } : undefined
}

/** `--name value` as `--name=value`. */
function joined(args: readonly string[]): string[] {
  const isValue = (at: number) =>
    at > 1 && args[at]?.startsWith('-') === false && /^--[^=]+$/.test(args[at - 1] ?? '')
  return args.flatMap((each, at) => {
    if (isValue(at)) return []
    return isValue(at + 1) ? `${each}=${args[at + 1]}` : each
  })
}

/** The value of a flag written as `--name=value`. */
export function flagOf({ args }: Pick<Installed, 'args'>, name: string): string | undefined {
  return args.findLast((each) => each.startsWith(`--${name}=`))?.slice(name.length + 3)
}

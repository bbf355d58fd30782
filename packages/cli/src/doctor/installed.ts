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

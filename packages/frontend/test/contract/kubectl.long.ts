import { type Installation, startInstallation } from './installation.ts'
import { allSuites, type OpenContext, openContext } from './suites.ts'

for (const [release, minor] of [
  ['v32', 32],
  ['v35', 35],
] as const) {
  describe(`metrics-ring at work, asked by kubectl 1.${minor}`, function () {
    this.timeout(120_000)
    let installation: Installation
    let context: OpenContext
    before(async () => {
      installation = await startInstallation({ nodes: 6, podsPerNode: 8, shards: 2, swapFraction: 0.5 })
      const { cluster, dir } = installation
      context = await openContext({
        kubeconfig: cluster.kubeconfigPath,
        cacheDir: dir,
        release,
        living: true,
      })
    })
    after(async () => {
      await context?.stop()
      await installation?.stop()
    })
    allSuites(() => context, { minor })
  })
}

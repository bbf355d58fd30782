import { agreementSuite } from './agreement-suite.ts'
import { type Installation, startInstallation } from './installation.ts'
import { simulatedSuite } from './simulated-suite.ts'
import { allSuites, kubectlSuites, type OpenContext, openContext } from './suites.ts'
import { truthSuite } from './truth-suite.ts'

describe('metrics-ring, asked by a real kubectl', function () {
  this.timeout(60_000)
  let installation: Installation
  let newer: OpenContext
  let older: OpenContext
  before(async () => {
    installation = await startInstallation({ nodes: 4, swapFraction: 0.5, seed: 32 })
    await installation.freeze()
    const options = {
      kubeconfig: installation.cluster.kubeconfigPath,
      cacheDir: installation.dir,
      living: false,
    }
    newer = await openContext({ ...options, release: 'v35' })
    older = await openContext({ ...options, release: 'v32' })
  })
  after(async () => {
    await newer?.stop()
    await older?.stop()
    await installation?.stop()
  })
  describe('(the truth)', () =>
    truthSuite(
      () => newer,
      () => installation,
    ))
  describe('1.35', () => allSuites(() => newer, { minor: 35 }))
  describe('1.32', () => kubectlSuites(() => older, { minor: 32 }))
  describe('(every frontend)', () =>
    agreementSuite(() => installation, { servedWithinMs: 10_000, commits: 2 }))
  describe('(changes)', () =>
    simulatedSuite(
      () => newer,
      () => installation,
    ))
})

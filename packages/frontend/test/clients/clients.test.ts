import { deployScaledWorkload, type ScaledWorkload } from '@metrics-ring/cli/story/hpa-cluster'
import { type Installation, startInstallation } from '../contract/installation.ts'
import { hpaSuite } from './hpa-suite.ts'
import { identitySuite } from './identity-suite.ts'
import { jsonReadersSuite } from './json-readers-suite.ts'
import { rollingSuite } from './rolling-suite.ts'
import { typedReadersSuite } from './typed-readers-suite.ts'

describe('metrics-ring at work', function () {
  this.timeout(90_000)
  let installation: Installation
  let workload: ScaledWorkload
  before(async () => {
    installation = await startInstallation({
      nodes: 3,
      podsPerNode: 180,
      frontendArgs: ['--shutdown-delay-duration=2s'],
      prepare(cluster) {
        workload = deployScaledWorkload(cluster, 3_000)
      },
    })
  })
  after(() => installation?.stop())
  describe('and an HPA of ten pods on two nodes, at 1.5 times its target', () =>
    hpaSuite(
      () => installation,
      () => workload,
    ))
  describe('and clients that read protobuf', () => typedReadersSuite(() => installation))
  describe('and clients that read JSON', () => jsonReadersSuite(() => installation))
  describe('and its trust', () => identitySuite(() => installation))
  describe('and a new release', () => rollingSuite(() => installation, { rounds: 1 }))
})

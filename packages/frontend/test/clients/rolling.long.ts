import { type Installation, startInstallation } from '../contract/installation.ts'
import { rollingSuite } from './rolling-suite.ts'

for (const aggregatorRouting of [false, true]) {
  describe(`metrics-ring ${aggregatorRouting ? 'with' : 'without'} aggregator routing`, function () {
    this.timeout(300_000)
    let installation: Installation
    before(async () => {
      const frontendArgs = ['--shutdown-delay-duration=3s']
      installation = await startInstallation({ podsPerNode: 30, frontendArgs, aggregatorRouting })
    })
    after(() => installation?.stop())
    rollingSuite(() => installation, { rounds: 4 })
  })
}
